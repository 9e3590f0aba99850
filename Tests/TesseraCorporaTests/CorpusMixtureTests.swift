import Tessera
import TesseraCorpora
import TesseraData
import TestSupport
import Testing

@Suite struct CorpusMixtureTests {
  /// Sources of so many texts each.
  private func sources(_ counts: [Int], _ weights: [Double?]) throws -> ([CorpusSource], TemporaryFolder) {
    let folder = try TemporaryFolder()
    let sources = try counts.indices.map { number in
      try folder.write(
        (0..<counts[number]).map { "\(number)-\($0)" }.joined(separator: "\n"), "\(number).txt")
      return CorpusSource("\(folder.path)/\(number).txt", weight: weights[number], split: .lines)
    }
    return (sources, folder)
  }

  private func texts(_ mixture: CorpusMixture, epoch: UInt64) throws -> [String] {
    let order = try mixture.sampler.order(epoch: epoch)
    return try (0..<order.count).map { try mixture.dataset.sample(at: order[$0].index).text ?? "" }
  }

  @Test("without weights every sample comes once an epoch, in another order each")
  func everySampleOnce() throws {
    let (sources, folder) = try sources([30, 7], [nil, nil])
    let mixture = try CorpusMixture(sources, seed: 3)
    let (first, second) = (try texts(mixture, epoch: 0), try texts(mixture, epoch: 1))
    #expect(Set(first).count == 37 && first.count == 37)
    #expect(Set(first) == Set(second) && first != second)
    #expect(try texts(CorpusMixture(sources, seed: 3), epoch: 0) == first)
    #expect(try texts(CorpusMixture(sources, seed: 4), epoch: 0) != first)
    let still = try texts(CorpusMixture(sources, seed: 3, shuffles: false), epoch: 5)
    #expect(still.first == "0-0" && still.last == "1-6")
    withExtendedLifetime(folder) {}
  }

  @Test("weights decide the shares of every stretch, to within one position")
  func weights() throws {
    let (sources, folder) = try sources([30, 7], [3, 1])
    let mixture = try CorpusMixture(sources, seed: 3, epoch: 400)
    let texts = try texts(mixture, epoch: 2)
    #expect(texts.count == 400)
    for end in stride(from: 0, through: 400, by: 1) {
      let second = Double(texts[..<end].count { $0.hasPrefix("1") })
      #expect(abs(second - Double(end) / 4) < 1)
    }
    let shares = try mixture.shares()
    #expect(shares.map(\.positions) == [300, 100])
    #expect(shares.map(\.share) == [0.75, 0.25])
    #expect(shares.map(\.passes) == [10, 100.0 / 7])
    #expect(shares.map(\.samples) == [30, 7])
    #expect(mixture.source(of: 29) == sources[0] && mixture.source(of: 30) == sources[1])
    withExtendedLifetime(folder) {}
  }

  @Test("an epoch of weighted sources has as many positions as there are samples unless it is said")
  func length() throws {
    let (sources, folder) = try sources([30, 7], [1, 1])
    #expect(try texts(CorpusMixture(sources, seed: 1), epoch: 0).count == 37)
    withExtendedLifetime(folder) {}
  }

  @Test("weights for some, an empty source and no source are errors")
  func refuses() throws {
    let (sources, folder) = try sources([3, 0], [1, 1])
    #expect(words { _ = try CorpusMixture(sources, seed: 0) }.contains("got an empty data set"))
    let (some, other) = try self.sources([3, 3], [1, nil])
    #expect(words { _ = try CorpusMixture(some, seed: 0) }.contains("1 for 2 sources"))
    #expect(words { _ = try CorpusMixture([], seed: 0) }.contains("at least one"))
    let (plain, third) = try self.sources([3], [nil])
    #expect(words { _ = try CorpusMixture(plain, seed: 0, epoch: 5) }.contains("without weights"))
    withExtendedLifetime((folder, other, third)) {}
  }
}

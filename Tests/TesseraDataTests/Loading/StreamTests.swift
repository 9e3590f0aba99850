import Foundation
import TestSupport
import Tessera
import Testing

@Suite("Streams", .serialized)
struct StreamTests {
  /// Numbers as pictures of one pixel's noise, as many as asked for; some are broken.
  struct Numbers: IterableDataset {
    var count: Int
    var broken: Set<Int> = []

    func makeReader(epoch: UInt64) -> any SampleReader { Reader(count: count, broken: broken, epoch: epoch) }

    final class Reader: SampleReader {
      let (count, broken, epoch): (Int, Set<Int>, UInt64)
      var number = 0

      init(count: Int, broken: Set<Int>, epoch: UInt64) {
        (self.count, self.broken, self.epoch) = (count, broken, epoch)
      }

      func next() throws -> Sample? {
        guard number < count else { return nil }
        defer { number += 1 }
        if broken.contains(number) {
          throw TesseraError(.corrupt(format: "the stream", detail: "a bad record"), path: "record \(number)")
        }
        let image = Pictures.noise(Size(12), .rgb, seed: UInt64(number) + epoch << 20)
        return Sample(.image(image, name: "record \(number)"), label: number % 5)
      }
    }
  }

  static func loader(
    _ count: Int, broken: Set<Int> = [], threads: Int = 2, rank: DistributedRank? = nil,
    dropLast: Bool = false, onError: LoaderErrorPolicy = .stop
  ) throws -> DataLoader {
    DataLoader(
      stream: try Mapped(Numbers(count: count, broken: broken)), batchSize: 4, dropLast: dropLast, rank: rank,
      seed: 9, threads: threads, onError: onError)
  }

  /// The stream with a random pipeline.
  struct Mapped: IterableDataset {
    let base: Numbers
    let recipe: Recipe

    init(_ base: Numbers) throws {
      self.base = base
      recipe = Recipe(try Pipeline(text: "random_resized_crop(8)|random_horizontal_flip|to_tensor"))
    }

    func makeReader(epoch: UInt64) -> any SampleReader { Reader(base.makeReader(epoch: epoch), recipe) }

    final class Reader: SampleReader {
      let (base, recipe): (any SampleReader, Recipe)
      init(_ base: any SampleReader, _ recipe: Recipe) { (self.base, self.recipe) = (base, recipe) }

      func next() throws -> Sample? {
        var sample = try base.next()
        sample?.recipe = recipe
        return sample
      }
    }
  }

  @Test("the number of threads never changes a byte of a stream's batches")
  func threads() throws {
    let digests = try [1, 2, 3, 8].map { try LoaderFixtures.digests(Self.loader(203, threads: $0).epoch(1)) }
    #expect(digests[0].count == 51 && Set(digests).count == 1)
    #expect(try LoaderFixtures.digests(Self.loader(203, dropLast: true).epoch(1)) == digests[0].dropLast())
  }

  @Test("a stream is resumed by replay, at the same batch")
  func resume() throws {
    let whole = try LoaderFixtures.digests(Self.loader(50).epoch(0))
    let loader = try Self.loader(50)
    let iterator = loader.epoch(0).makeBatchIterator()
    var before: [String] = []
    for cut in 1...12 {
      let batch = try #require(try iterator.nextBlocking())
      before.append(LoaderFixtures.digest(batch))
      let rest = try Self.loader(50, threads: 3).epoch(resuming: try loader.state(after: batch))
      #expect(try before + LoaderFixtures.digests(rest) == whole, "cut after \(cut)")
    }
    #expect(LoaderFixtures.digest(try loader.batch(at: BatchPosition(epoch: 0, batch: 7))) == whole[7])
  }

  @Test("ranks share a stream by position, and each sample is one rank's")
  func ranks() throws {
    let parts = try (0..<3).map { rank in
      try Self.loader(50, rank: DistributedRank(rank, of: 3)).epoch(0).blocking.flatMap {
        try $0.get().indices
      }
    }
    for (rank, part) in parts.enumerated() { #expect(part == Array(stride(from: rank, to: 50, by: 3))) }
  }

  @Test("a broken record costs itself only")
  func broken() throws {
    let loader = try Self.loader(20, broken: [3, 11], onError: .skip(maximum: 1))
    let batches = try loader.epoch(0).blocking.map { try $0.get() }
    #expect(batches.map(\.count) == [3, 4, 3, 4, 4])
    #expect(loader.ledger.map(\.index) == [3, 11] && loader.ledger[0].name == "record 3")
    let stopping = try Self.loader(20, broken: [11])
    let error = #expect(throws: TesseraError.self) { try LoaderFixtures.digests(stopping.epoch(0)) }
    #expect(error?.index == 11)
  }

  @Test("an endless stream is left in the middle")
  func endless() throws {
    let loader = try Self.loader(.max)
    let iterator = loader.epoch(0).makeBatchIterator()
    for number in 0..<30 { #expect(try iterator.nextBlocking()?.position.batch == number) }
  }
}

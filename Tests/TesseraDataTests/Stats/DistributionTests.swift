import TestSupport
import Tessera
import Testing

@Suite("distributions")
struct DistributionTests {
  @Test("every value is in exactly one bin, and bins touch, whatever the values")
  func partition() throws {
    var random = RandomStream(seed: 3)
    for trial in 0..<300 {
      let count = random.integer(in: 1...200)
      let scale = [1, 10, 1000, 1e9][trial % 4]
      let values = (0..<count).map { _ -> Double in
        let value = random.uniform()
        return trial % 3 == 0
          ? (value * scale).rounded() : 0.01 + (trial % 2 == 0 ? value : value * value * value * scale)
      }
      let d = try #require(Distribution(values))
      #expect(d.bins.reduce(0) { $0 + $1.count } == count)
      for bin in d.bins where bin.lower < bin.upper {
        let isFirst = bin == d.bins.first
        let own = values.count { ($0 >= bin.lower || isFirst) && $0 < bin.upper }
        #expect(own == bin.count, "\(bin) of \(values.sorted())")
      }
      for (a, b) in zip(d.bins, d.bins.dropFirst()) where a.lower < a.upper { #expect(a.upper == b.lower) }
      #expect(d.bins.count <= Binning.limit + 1)
    }
  }

  @Test("few distinct values have a bin each")
  func few() throws {
    let d = try #require(Distribution([500, 375, 500, 640]))
    #expect(d.bins.map(\.lower) == [375, 500, 640] && d.bins.map(\.count) == [1, 2, 1])
    #expect(d.minimum == 375 && d.maximum == 640 && d.median == 500 && d.mean == 503.75)
    #expect(Distribution([]) == nil)
  }

  @Test("edges are round numbers: of equal width in a narrow range, of equal proportion in a wide one")
  func edges() throws {
    let narrow = try #require(Distribution((0..<300).map { 200 + Double($0) }))
    #expect(narrow.bins.map(\.lower) == (0..<15).map { 200 + 20 * Double($0) })
    let wide = try #require(Distribution((0..<300).map { 10 + Double($0 * $0) }))
    #expect(wide.bins.map(\.lower).starts(with: [10, 15, 20, 30, 50, 70, 100, 150]))
  }

  @Test("the order of the values changes no bit, not even of the mean")
  func order() throws {
    var random = RandomStream(seed: 9)
    let values = (0..<1000).map { _ in random.uniform() * 1e6 }
    let other = random.permutation(1000).map { values[$0] }
    #expect(Distribution(values) == Distribution(other))
  }

  @Test(
    "an aspect ratio is counted at the usual ratio that is nearest in proportion",
    arguments: [
      (1.0, "1:1"), (4.0 / 3, "4:3"), (1.34, "4:3"), (0.75, "3:4"), (1.78, "16:9"), (0.01, "1:4 or less"),
      (90, "4:1 or more"), (1.11, "1:1"), (1.12, "5:4"), (0.563, "9:16"),
    ])
  func aspect(_ ratio: Double, _ name: String) throws {
    let d = try #require(Distribution([ratio], edges: Binning.aspectBins))
    #expect(d.bins.first { $0.count == 1 }?.label == name && d.bins.count { $0.count > 0 } == 1)
  }
}

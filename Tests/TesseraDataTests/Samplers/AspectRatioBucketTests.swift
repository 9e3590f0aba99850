import TestSupport
import Tessera
import Testing

@Suite("batches by aspect ratio")
struct AspectRatioBucketTests {
  /// Sizes of many shapes; every 17th is not known.
  static func sizes(_ count: Int, seed: UInt64) -> [Size?] {
    var random = RandomStream(seed: seed)
    return (0..<count).map { index in
      index % 17 == 5
        ? nil : Size(width: random.integer(in: 40...800), height: random.integer(in: 40...800))
    }
  }

  @Test("intervals are those that torchvision's references group by", arguments: [0, 1, 2, 3, 5])
  func torchvision(k: Int) async throws {
    let buckets = try AspectRatioBuckets(octaveParts: k)
    let sizes =
      Self.sizes(500, seed: 1).compactMap { $0 } + [
        Size(5), Size(width: 2, height: 1), Size(width: 1, height: 2),
      ]
    let want = try await Oracle.pillow13.run(
      """
      import bisect
      bins = (2 ** np.linspace(-1, 1, 2 * k + 1)).tolist() if k > 0 else [1.0]
      out = [bisect.bisect_right(bins, float(w) / float(h)) for w, h in sizes]
      """, ["k": .int(k), "sizes": .json("\(sizes.map { [$0.width, $0.height] })")]
    ).json([Int].self)
    #expect(sizes.map(buckets.bucket(of:)) == want)
    #expect(buckets.count == 2 * k + 2)
  }

  @Test("resolutions of an area have nearly that area, and a picture goes to the nearest ratio")
  func resolutions() throws {
    let buckets = try AspectRatioBuckets(area: 512 * 512, step: 64, longest: 1024)
    #expect(buckets.resolutions.contains(Size(512)))
    for size in buckets.resolutions {
      #expect(size.width % 64 == 0 && size.height % 64 == 0 && size.longer <= 1024)
      #expect((131_072...262_144).contains(size.area), "\(size)")
    }
    #expect(buckets.resolutions[buckets.bucket(of: Size(2000))] == Size(512))
    #expect(buckets.bucket(of: Size(width: 10_000, height: 10)) == buckets.count - 1)
    #expect(buckets.bucket(of: Size(width: 10, height: 10_000)) == 0)
    for size in Self.sizes(200, seed: 2).compactMap({ $0 }) {
      let got = buckets.resolutions[buckets.bucket(of: size)]
      let ratio = Double(size.width * got.height) / Double(size.height * got.width)
      for other in buckets.resolutions {
        let away = Double(size.width * other.height) / Double(size.height * other.width)
        #expect(max(ratio, 1 / ratio) <= max(away, 1 / away) + 1e-12)
      }
    }
  }

  @Test("no sample is lost or doubled, and a batch is from one bucket", arguments: [nil, 3] as [UInt64?])
  func counts(seed: UInt64?) throws {
    let sizes = Self.sizes(3000, seed: 4)
    let buckets = try AspectRatioBuckets(octaveParts: 2)
    let sampler = try AspectRatioBucketBatchSampler(
      sizes: sizes, buckets: buckets, batch: .count(8), seed: seed)
    let order = sampler.batches(epoch: 1)
    #expect(order.indices.flatMap { $0 }.sorted() == Array(0..<3000) && order.sampleCount == 3000)
    var short = 0
    for batch in order.indices {
      #expect(Set(batch.map { sampler.bucket(of: sizes[$0]) }).count == 1 && batch.count <= 8)
      short += batch.count < 8 ? 1 : 0
    }
    #expect(short <= buckets.count + 1)
    #expect(
      sampler.bucketCounts.reduce(0, +) == 3000 && sampler.bucketCounts.last == sizes.count { $0 == nil })
    #expect(sampler.batches(epoch: 1).indices == order.indices)
    #expect((sampler.batches(epoch: 2).indices == order.indices) == (seed == nil))
    let full = try AspectRatioBucketBatchSampler(
      sizes: sizes, buckets: buckets, batch: .count(8, dropLast: true), seed: seed)
    let kept = full.batches(epoch: 1)
    #expect(kept.indices.allSatisfy { $0.count == 8 } && kept.count == order.count - short)
    #expect(kept.sampleCount == kept.count * 8 && Set(kept.indices.flatMap { $0 }).count == kept.count * 8)
  }

  @Test("batches of all buckets are mixed over the epoch")
  func mixed() throws {
    let sizes = Self.sizes(20_000, seed: 4)
    let sampler = try AspectRatioBucketBatchSampler(
      sizes: sizes, buckets: AspectRatioBuckets(octaveParts: 0), batch: .count(4), seed: 1)
    let wide = sampler.batches(epoch: 0).indices.map { sampler.bucket(of: sizes[$0[0]]) == 1 }
    let half = wide.count / 2
    let (first, second) = (wide[..<half].count { $0 }, wide[half...].count { $0 })
    // Hypergeometric, standard deviation below √n / 4.
    #expect(abs(Double(first - second)) < 5 * Double(wide.count).squareRoot() / 2)
  }

  @Test("a pixel budget is exceeded by single pictures only")
  func pixels() throws {
    let sizes = Self.sizes(2000, seed: 6)
    let budget = 1_200_000
    let sampler = try AspectRatioBucketBatchSampler(
      sizes: sizes, buckets: AspectRatioBuckets(octaveParts: 2),
      batch: .pixels(budget, maximumCount: 20), seed: 2)
    let order = sampler.batches(epoch: 3)
    #expect(order.indices.flatMap { $0 }.sorted() == Array(0..<2000))
    var large = 0
    for batch in order.indices {
      let known = batch.compactMap { sizes[$0] }
      let area = (known.map(\.width).max() ?? 0) * (known.map(\.height).max() ?? 0) * batch.count
      #expect(batch.count == 1 || (area <= budget && known.count == batch.count && batch.count <= 20))
      large += batch.count > 1 ? 1 : 0
    }
    #expect(large > 100)
    let unshuffled = try AspectRatioBucketBatchSampler(
      sizes: [Size(10), Size(10), Size(10), Size(20), Size(5), nil, nil, Size(100)],
      buckets: AspectRatioBuckets(octaveParts: 0), batch: .pixels(800), seed: nil)
    #expect(unshuffled.batches(epoch: 0).indices == [[0, 1, 2], [3, 4], [7], [5], [6]])
    let fixed = try AspectRatioBucketBatchSampler(
      sizes: [Size(10), Size(1000), Size(30), Size(7)], buckets: AspectRatioBuckets(resolutions: [Size(10)]),
      batch: .pixels(300), seed: nil)
    #expect(fixed.batches(epoch: 0).indices == [[0, 1, 2], [3]])
  }

  @Test("no samples, or unreadable ones alone, are no special case")
  func edges() throws {
    let buckets = try AspectRatioBuckets(octaveParts: 1)
    for rule in [AspectRatioBucketBatchSampler.BatchRule.count(4), .pixels(100)] {
      #expect(
        try AspectRatioBucketBatchSampler(sizes: [], buckets: buckets, batch: rule, seed: 1)
          .batches(epoch: 0).count == 0)
      let blind = try AspectRatioBucketBatchSampler(
        sizes: [nil, nil], buckets: buckets, batch: rule, seed: 1)
      #expect(blind.batches(epoch: 0).indices.flatMap { $0 }.sorted() == [0, 1])
    }
    let huge = Size(width: .max, height: .max)
    let order = try AspectRatioBucketBatchSampler(
      sizes: [huge, huge], buckets: buckets, batch: .pixels(.max), seed: nil)
    #expect(order.batches(epoch: 0).indices == [[0], [1]])
    expectInvalid("batch.count") {
      _ = try AspectRatioBucketBatchSampler(sizes: [], buckets: buckets, batch: .count(0), seed: 1)
    }
    expectInvalid("batch.pixels") {
      _ = try AspectRatioBucketBatchSampler(
        sizes: [], buckets: buckets, batch: .pixels(5, maximumCount: 0), seed: 1)
    }
    expectInvalid("edges") { _ = try AspectRatioBuckets(edges: [2, 1]) }
    expectInvalid("resolutions") { _ = try AspectRatioBuckets(resolutions: []) }
    expectInvalid("area, step, longest") { _ = try AspectRatioBuckets(area: 10, step: 64, longest: 100) }
  }

  @Test("the pinned batches change only on purpose")
  func pinned() throws {
    let sizes = Self.sizes(40, seed: 9)
    let buckets = try AspectRatioBuckets(octaveParts: 1)
    let chunks = try AspectRatioBucketBatchSampler(sizes: sizes, buckets: buckets, batch: .count(4), seed: 42)
    #expect(Array(chunks.batches(epoch: 7).indices.prefix(2)) == [[16, 14, 37, 32], [25, 29, 24, 33]])
    let pixels = try AspectRatioBucketBatchSampler(
      sizes: sizes, buckets: buckets, batch: .pixels(1_000_000), seed: 42)
    #expect(Array(pixels.batches(epoch: 7).indices.prefix(2)) == [[9, 17], [25, 29, 24, 33]])
    let start = "aspectRatioBuckets(sizes: 80#ba1819d3f9489137, buckets: edges [0.5, 1.0, 2.0], "
    #expect(chunks.summary == start + "batch: count(4, dropLast: false), seed: 42)")
  }
}

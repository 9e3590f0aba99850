import Foundation
import TestSupport
import Tessera
import Testing

@Suite("statistics")
struct StatsJobTests {
  @Test("numpy gets the same sums, means, deviations and value counts from Pillow's pixels of every sample")
  func numpy() async throws {
    let listing = try StatsFixture.Listing(StatsFixture.photos)
    var job = StatsJob(dataset: listing)
    job.policy = .pillow
    job.countsValues = true
    job.threads = 2
    let statistics = try job.run()
    let paths = listing.files.files.map(\.path)
    let reply = try await Oracle.pillow13.run(
      """
      n, s, q, means, squares = 0, np.zeros(3, np.uint64), np.zeros(3, np.uint64), [], []
      counts = np.zeros((3, 256), np.int64)
      for path in paths:
          a = np.asarray(Image.open(path).convert('RGB')).reshape(-1, 3).astype(np.uint64)
          n += len(a); s += a.sum(0); q += (a * a).sum(0)
          means.append(a.mean(0)); squares.append((a * a).mean(0))
          for c in range(3): counts[c] += np.bincount(a[:, c].astype(np.int64), minlength=256)
      mean, square = np.mean(means, 0), np.mean(squares, 0)
      exact = [[str(int(s[c])), str(int(q[c]))] for c in range(3)]
      floats = [[s[c] / n / 255, np.sqrt(q[c] / n - (s[c] / n) ** 2) / 255, mean[c] / 255,
                 np.sqrt(square[c] - mean[c] ** 2) / 255] for c in range(3)]
      out = {'n': n, 'exact': exact, 'floats': floats, 'counts': counts.tolist()}
      """, ["paths": .json(String(decoding: try JSONEncoder().encode(paths), as: UTF8.self))])
    struct Expected: Decodable {
      var n: Int
      var exact: [[String]]
      var floats: [[Double]]
      var counts: [[Int]]
    }
    let expected = try reply.json(Expected.self)
    let group = try #require(statistics.pixels.first)
    #expect(statistics.pixels.count == 1 && group.layout == "rgb" && group.pixelCount == expected.n)
    #expect(group.pictures == listing.count && statistics.decoded == listing.count)
    for (index, channel) in group.channels.enumerated() {
      #expect([channel.sum, channel.sumOfSquares] == expected.exact[index])
      let found = [
        channel.mean, channel.standardDeviation, channel.pictureMean, channel.pictureStandardDeviation,
      ]
      for (a, b) in zip(found, expected.floats[index]) { #expect(abs(a - b) < 1e-12, "\(channel.name)") }
      #expect(channel.valueCounts == expected.counts[index])
    }
  }

  @Test("the number of threads never changes a byte of the result")
  func threads() throws {
    let folder = try StatsFixture.folder()
    let results = try [1, 2, 3, 5, 8].map { threads -> DatasetStatistics in
      var job = StatsJob(dataset: try StatsFixture.Listing(folder.path))
      job.pipeline = try Pipeline(text: "random_resized_crop(24)|random_horizontal_flip|to_tensor")
      job.threads = threads
      job.seed = 11
      job.countsValues = true
      job.findsPixelDuplicates = true
      return try job.run()
    }
    let text = try results[0].json()
    for result in results.dropFirst() { #expect(try result.json() == text && result == results[0]) }
    #expect(results[0].failures.count == 5 && results[0].duplicates?.redundant == 3)
  }

  @Test("pixels after a pipeline are those that the pipeline gives, its random steps keyed by the sample")
  func pipeline() throws {
    let folder = try StatsFixture.folder()
    let listing = try StatsFixture.Listing(folder.path)
    let text = "random_resized_crop(20)|random_horizontal_flip"
    var job = StatsJob(dataset: listing)
    job.pipeline = try Pipeline(text: text + "|to_tensor|normalize(imagenet)")
    job.seed = 5
    let statistics = try job.run()
    var sums = [0, 0, 0]
    var pictures = 0
    for index in 0..<listing.count {
      guard let image = try? ImageDecoder().decode(path: listing.files[index].path) else { continue }
      let output = try Pipeline(text: text).apply(
        to: image, using: RandomStream(seed: 5, sample: UInt64(index)))
      guard case .image(let picture) = output.value else { continue }
      pictures += 1
      for (at, value) in picture.bytes.enumerated() { sums[at % 3] += Int(value) }
    }
    #expect(statistics.settings.pipeline == (try Pipeline(text: text)).text)
    #expect(statistics.pixels[0].pictures == pictures && statistics.pixels[0].pixelCount == pictures * 400)
    #expect(statistics.pixels[0].channels.map(\.sum) == sums.map { "\($0)" })
  }

  @Test("the step that is advised brings the data to mean 0 and deviation 1")
  func normalize() throws {
    let folder = try StatsFixture.folder()
    let listing = try StatsFixture.Listing(folder.path)
    let statistics = try StatsJob(dataset: listing).run()
    let step = try #require(statistics.pixels[0].normalize)
    #expect(statistics.advice.contains { $0.hasSuffix(step) })
    let pipeline = try Pipeline(text: "to_tensor|" + step)
    var (sum, squares, count) = ([Double](repeating: 0, count: 3), [Double](repeating: 0, count: 3), 0)
    for file in listing.files.files {
      guard let image = try? ImageDecoder().decode(path: file.path) else { continue }
      guard case .tensor(let tensor) = try pipeline.apply(to: image).value else { continue }
      let values = try #require(tensor.float).elements
      count += values.count / 3
      for (at, value) in values.enumerated() {
        sum[at * 3 / values.count] += Double(value)
        squares[at * 3 / values.count] += Double(value) * Double(value)
      }
    }
    for c in 0..<3 {
      let mean = sum[c] / Double(count)
      #expect(abs(mean) < 5e-4)
      #expect(abs((squares[c] / Double(count) - mean * mean).squareRoot() - 1) < 5e-4)
    }
  }

  @Test("pictures of one value have no step that would divide by zero")
  func constant() throws {
    let image = Image(size: Size(9), format: .rgb, repeating: 7)
    let statistics = try StatsJob(dataset: StatsFixture.Made(count: 3) { _ in Sample(.image(image)) }).run()
    #expect(statistics.pixels[0].normalize == nil && statistics.pixels[0].channels[0].mean == 7.0 / 255)
  }

  @Test("headers alone tell all that does not need pixels")
  func headersOnly() throws {
    let listing = try StatsFixture.Listing(StatsFixture.photos)
    var full = try StatsJob(dataset: listing).run()
    var job = StatsJob(dataset: listing)
    job.headersOnly = true
    job.threads = 3
    let headers = try job.run()
    #expect(headers.decoded == 0 && headers.pixels.isEmpty && full.decoded == listing.count)
    full.decoded = 0
    full.pixels = []
    full.settings.headersOnly = true
    #expect(headers == full)
  }

  @Test("kinds are counted as Pillow sees them")
  func kinds() async throws {
    let listing = try StatsFixture.Listing(StatsFixture.photos)
    let statistics = try StatsJob(dataset: listing).run()
    let paths = listing.files.files.map(\.path)
    let reply = try await Oracle.pillow13.run(
      """
      from collections import Counter
      f = Counter(); m = Counter(); o = Counter(); bytes_ = 0
      for path in paths:
          with Image.open(path) as p:
              m[p.mode] += 1; o[str(p.getexif().get(274, 1))] += 1
              f['progressive_jpeg'] += p.format == 'JPEG' and bool(p.info.get('progressive'))
              f['interlaced_png'] += p.format == 'PNG' and bool(p.info.get('interlace'))
              f['alpha'] += p.has_transparency_data
              f['icc_profile'] += 'icc_profile' in p.info
              f['palette'] += p.mode == 'P'; f['cmyk'] += p.mode == 'CMYK'
              f['orientation'] += p.getexif().get(274, 1) != 1
      out = {'features': {k: int(v) for k, v in f.items()}, 'modes': m, 'orientations': o}
      """, ["paths": .json(String(decoding: try JSONEncoder().encode(paths), as: UTF8.self))])
    struct Expected: Decodable {
      var features: [String: Int]
      var modes: [String: Int]
      var orientations: [String: Int]
    }
    let expected = try reply.json(Expected.self)
    func table(_ counts: [NamedCount]) -> [String: Int] {
      Dictionary(uniqueKeysWithValues: counts.map { ($0.name, $0.count) })
    }
    #expect(table(statistics.modes) == expected.modes)
    #expect(table(statistics.orientations) == expected.orientations)
    for (name, count) in expected.features {
      #expect(statistics.features.first { $0.name == name }?.count == count, "\(name)")
    }
    #expect(statistics.count(of: .sixteenBit) == 2)
    #expect(statistics.features.first { $0.name == "cmyk" }?.examples == ["food/coffee-cmyk.jpg"])
  }

  @Test("pictures in memory, bytes, parts of files and byte tensors are counted as files are")
  func sources() throws {
    let folder = try TemporaryFolder()
    let image = Pictures.noise(Size(width: 31, height: 17), .rgb, seed: 4)
    let png = try PNGEncoder().encode(image)
    try folder.write([1, 2, 3] + png + [4], "tar")
    let planes = Tensor<UInt8>(
      shape: [3, 17, 31], (0..<3).flatMap { c in (0..<31 * 17).map { image.bytes[$0 * 3 + c] } })
    let tar = folder.path + "/tar"
    let sources: [PictureSource] = [
      .image(image), .bytes(png, name: "a.png"), .deferred(name: "b.png") { png },
      .section(file: tar, bytes: 3..<3 + png.count, name: "c.png"), .tensor(.uint8(planes)),
    ]
    let statistics = try sources.map { source in
      try StatsJob(dataset: StatsFixture.Made(count: 1) { _ in Sample(source, label: 2) }).run()
    }
    for each in statistics {
      #expect(each.pixels == statistics[0].pixels && each.failures.isEmpty && each.decoded == 1)
      #expect(each.width?.median == 31 && each.classes?.classes.map(\.label) == [2])
    }
    #expect(statistics.map(\.bytes) == [0, png.count, png.count, png.count, 0])
    let all = try StatsJob(
      dataset: StatsFixture.Made(count: 1) { _ in Sample(name: "five", pictures: sources) }
    ).run()
    #expect(all.pictures == 5 && all.duplicates?.groups.map(\.names) == [["five[1]", "five[2]", "five[3]"]])
    let wrong = try StatsJob(
      dataset: StatsFixture.Made(count: 2) { index in
        index == 0 ? Sample(.tensor(.float32(Tensor(shape: [3, 2, 2])))) : Sample(name: "text alone")
      }
    ).run()
    #expect(wrong.failures.count == 1 && wrong.withoutPicture == 1 && wrong.pictures == 0)
  }

  @Test("a sample's own recipe decides how it is decoded and what its pixels go through")
  func recipes() throws {
    let image = Pictures.noise(Size(width: 20, height: 10), .rgb, seed: 4)
    let base = StatsFixture.Made(count: 4) { _ in Sample(.image(image)) }
    let mapped = base.map(try Pipeline(text: "center_crop(4)|to_tensor"))
    let statistics = try StatsJob(dataset: mapped).run()
    #expect(statistics.pixels[0].pixelCount == 4 * 16 && statistics.width?.median == 20)
  }

  @Test("a cancelled job tells what it has, says so, and leaves nothing half compared")
  func cancelled() throws {
    let folder = try StatsFixture.folder()
    let control = JobControl()
    var job = StatsJob(dataset: try StatsFixture.Listing(folder.path))
    job.threads = 2
    let statistics = try job.run(control: control) { if $0.done + $0.failed == 20 { control.cancel() } }
    #expect(statistics.isPartial && statistics.duplicates == nil)
    #expect((20...21).contains(statistics.examined))
    #expect(statistics.pictures + statistics.failures.count >= statistics.examined)
    #expect(statistics.pixels[0].pictures == statistics.decoded)
  }

  @Test("a subset is drawn by the seed, without repetition, each sample as likely as another")
  func subset() throws {
    let image = Image(size: Size(1), format: .gray)
    // A class a sample: the classes tell which samples were drawn.
    var job = StatsJob(dataset: StatsFixture.Made(count: 50) { Sample(.image(image), label: $0) })
    job.headersOnly = true
    job.subset = 10
    func drawn() throws -> [Int] {
      let statistics = try job.run()
      #expect(statistics.examined == 10 && statistics.pictures == 10 && !statistics.isPartial)
      #expect(statistics.settings.subset == 10 && statistics.samples == 50)
      return statistics.classes?.classes.map(\.label) ?? []
    }
    var counts = [Int](repeating: 0, count: 50)
    for seed in 0..<400 {
      job.seed = UInt64(seed)
      let labels = try drawn()
      #expect(Set(labels).count == 10)
      for label in labels { counts[label] += 1 }
    }
    // 80 each is expected, with a deviation of 8.
    #expect(counts.allSatisfy { (45...115).contains($0) }, "\(counts)")
    #expect(try drawn() == drawn())
    let last = try drawn()
    job.seed = 0
    #expect(try drawn() != last)
    job.subset = 50
    #expect(try job.run().settings.subset == nil)
  }

  @Test("a picture is kept in forty bytes")
  func memory() {
    #expect(StatsJob.bytesPerPicture == 40)
  }

  @Test("wrong settings and empty data are errors before any work")
  func contradictions() throws {
    let none = StatsFixture.Made(count: 0) { _ in Sample() }
    #expect(throws: TesseraError.self) { try StatsJob(dataset: none).run() }
    var job = StatsJob(dataset: StatsFixture.Made(count: 1) { _ in Sample() })
    job.threads = 0
    #expect(throws: TesseraError.self) { try job.run() }
    job.threads = 1
    job.subset = 0
    #expect(throws: TesseraError.self) { try job.run() }
  }
}

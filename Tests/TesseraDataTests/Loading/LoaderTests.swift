import Foundation
import Synchronization
import TestSupport
import Tessera
import Testing

@Suite("The loader", .serialized)
struct LoaderTests {
  static let simple = "resize_to(8, 8)|to_tensor"

  static func loader(
    _ folder: TemporaryFolder, pipeline: String = simple, batchSize: Int = 8, threads: Int = 2,
    onError: LoaderErrorPolicy = .stop, layout: ImageLayout = .channelsFirst,
    collator: any Collator = .stack, dropLast: Bool = false
  ) throws -> DataLoader {
    DataLoader(
      try LoaderFixtures.dataset(folder, pipeline), batchSize: batchSize, order: .shuffled(seed: 3),
      dropLast: dropLast, threads: threads, collator: collator, layout: layout, onError: onError)
  }

  @Test("an epoch visits every sample once, with its label and name, in batches of the size asked for")
  func coverage() async throws {
    let folder = try LoaderFixtures.pictures(count: 50)
    let data = try ImageFolder(folder.path)
    let loader = try Self.loader(folder)
    var (seen, sizes) = ([Int](), [Int]())
    for try await batch in loader.epoch(0) {
      #expect(batch.images.shape == [batch.count, 3, 8, 8] && batch.images.dataType == .float32)
      for row in 0..<batch.count {
        #expect(Int(batch.labels[row]) == (try data.label(at: batch.indices[row])))
        #expect(batch.names[row] == data.name(at: batch.indices[row]))
      }
      seen += batch.indices
      sizes.append(batch.count)
    }
    #expect(seen.sorted() == Array(0..<50))
    #expect(sizes == [8, 8, 8, 8, 8, 8, 2])
    #expect(loader.classes == ["ant", "bee", "cow"])
    #expect(try loader.batchCount() == 7)
    #expect(try LoaderFixtures.digests(Self.loader(folder, dropLast: true).epoch(0)).count == 6)
  }

  @Test("the plain loop, the throwing iterator and the asynchronous loop give the same batches")
  func faces() async throws {
    let folder = try LoaderFixtures.pictures(count: 30)
    let loader = try Self.loader(folder)
    var asynchronous: [String] = []
    for try await batch in loader.epoch(1) { asynchronous.append(LoaderFixtures.digest(batch)) }
    var plain: [String] = []
    for batch in loader.epoch(1).blocking { plain.append(LoaderFixtures.digest(try batch.get())) }
    #expect(plain == asynchronous && plain.count == 4)
    #expect(try LoaderFixtures.digests(loader.epoch(1)) == plain)
  }

  @Test("each row is what the pipeline makes of that picture alone")
  func rowsAreThePipelines() throws {
    let folder = try LoaderFixtures.pictures(count: 20)
    let text = "random_resized_crop(9)|random_horizontal_flip|to_tensor|normalize(imagenet)"
    let data = try ImageFolder(folder.path)
    let loader = DataLoader(
      data.map(try Pipeline(text: text)), batchSize: 6, order: .shuffled(seed: 8), seed: 21)
    let iterator = loader.epoch(2).makeBatchIterator()
    while let batch = try iterator.nextBlocking() {
      let elements = try #require(batch.images.float?.elements)
      for (row, index) in batch.indices.enumerated() {
        let alone = try Pipeline(text: text).tensor(
          contentsOf: folder.path + "/" + data.name(at: index), seed: 21, epoch: 2, sample: UInt64(index))
        #expect(Array(elements[row * 243..<(row + 1) * 243]) == alone.float?.elements)
      }
    }
  }

  @Test(
    "leaving the loop stops the work at once, by break and by a cancelled task, and no thread stays behind")
  func leaving() async throws {
    let folder = try LoaderFixtures.pictures(count: 200)
    let loaded = Mutex(0)
    let isGone = AtomicFlag()
    do {
      let canary = Canary { isGone.set() }
      let data = CountingDataset(base: try ImageFolder(folder.path), canary: canary) {
        loaded.withLock { $0 += 1 }
      }
      let loader = DataLoader(
        data.map(try Pipeline(text: Self.simple)), batchSize: 4, threads: 2, prefetch: 2)
      for try await _ in loader.epoch(0) { break }
      // Two batches ahead, the one taken, and a sample a thread; and so it stays.
      #expect(loaded.withLock { $0 } <= 4 * 3 + 2)
      try await Task.sleep(for: .milliseconds(300))
      #expect(loaded.withLock { $0 } <= 4 * 3 + 2)

      let task = Task {
        for try await _ in loader.epoch(1) { try await Task.sleep(for: .seconds(1000)) }
      }
      try await Task.sleep(for: .milliseconds(100))
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    // Threads hold what they work on: once the dataset is gone, so are they.
    for _ in 0..<6000 where !isGone.isSet { try await Task.sleep(for: .milliseconds(10)) }
    #expect(isGone.isSet)
  }

  @Test("a consumer that keeps every batch waits for nothing: memory beyond the bound is made and reported")
  func hoarding() throws {
    let folder = try LoaderFixtures.pictures(count: 60)
    let loader = DataLoader(
      try LoaderFixtures.dataset(folder, Self.simple), batchSize: 4, threads: 2, prefetch: 2)
    let epoch = loader.epoch(0)
    var kept: [Batch] = []
    for batch in epoch.blocking { kept.append(try batch.get()) }
    #expect(kept.count == 15)
    let report = epoch.report
    #expect(report.batchMemoryBeyondBound == 12 && report.batchMemoryMade == 15)
    #expect(report.batchMemoryHeldBytes == 15 * 4 * 3 * 8 * 8 * 4)
    // What is kept stays as it was while the next epoch uses what was let go.
    let first = LoaderFixtures.digest(kept[0])
    kept = Array(kept.prefix(1))
    for batch in loader.epoch(1).blocking { _ = try batch.get() }
    #expect(LoaderFixtures.digest(kept[0]) == first)
    // Nothing kept: nothing is made. A thread may hold the batch that it handed over for a moment more.
    kept = []
    try Self.letGoOfEach(loader.epoch(2))
    let before = loader.epoch(3).report
    let last = loader.epoch(3)
    try Self.letGoOfEach(last)
    #expect(last.report.batchMemoryMade == before.batchMemoryMade)
    #expect(last.report.batchMemoryReused - before.batchMemoryReused == 15)
  }

  /// Takes every batch and waits until nobody has it: no more than the two that are being made are held then.
  private static func letGoOfEach(_ epoch: EpochBatches) throws {
    let bytes = 4 * 3 * 8 * 8 * 4
    let iterator = epoch.makeBatchIterator()
    while try iterator.nextBlocking() != nil {
      for _ in 0..<5000 where epoch.report.batchMemoryHeldBytes > 2 * bytes {
        Thread.sleep(forTimeInterval: 0.002)
      }
    }
    for _ in 0..<5000 where epoch.report.batchMemoryHeldBytes > 0 { Thread.sleep(forTimeInterval: 0.002) }
  }

  @Test("the short batch at an epoch's end takes memory that is there: further epochs make none")
  func shortLastBatch()
    throws
  {
    let folder = try LoaderFixtures.pictures(count: 9)
    let loader = DataLoader(
      try LoaderFixtures.dataset(folder, Self.simple), batchSize: 4, threads: 1, prefetch: 2)
    for number in 0..<3 { for batch in loader.epoch(number).blocking { #expect(try !batch.get().isEmpty) } }
    let before = loader.epoch(3).report.batchMemoryMade
    for number in 3..<13 { for batch in loader.epoch(number).blocking { _ = try batch.get() } }
    let after = loader.epoch(13).report
    // Each of the ten epochs would make one. A few are allowed: on a busy machine a batch may be let go of a moment after
    // the next is begun.
    #expect(after.batchMemoryMade - before <= 4 && after.batchMemoryReused > 25)
  }

  @Test("back-pressure: no more batches are begun than the prefetch allows", arguments: [1, 3])
  func backPressure(_ prefetch: Int) throws {
    let folder = try LoaderFixtures.pictures(count: 100)
    let loaded = Mutex(0)
    let data = CountingDataset(base: try ImageFolder(folder.path)) { loaded.withLock { $0 += 1 } }
    let loader = DataLoader(
      data.map(try Pipeline(text: Self.simple)), batchSize: 5, threads: 4, prefetch: prefetch)
    let iterator = loader.epoch(0).makeBatchIterator()
    for taken in 1...4 {
      _ = try iterator.nextBlocking()
      let begun = 5 * (taken + prefetch)
      // A busy machine takes its time to begin them; then no more may come.
      for _ in 0..<6000 where loaded.withLock({ $0 }) < begun { Thread.sleep(forTimeInterval: 0.01) }
      Thread.sleep(forTimeInterval: 0.1)
      #expect(loaded.withLock { $0 } == begun)
    }
  }

  @Test("layouts: channels last and other types hold the same values")
  func layouts() throws {
    let folder = try LoaderFixtures.pictures(count: 10)
    let first = try #require(
      try Self.loader(folder).batch(at: BatchPosition(epoch: 0, batch: 0)).images.float)
    let last = try Self.loader(folder, layout: .channelsLast).batch(at: BatchPosition(epoch: 0, batch: 0))
    let turned = try #require(last.images.float)
    #expect(turned.shape == [8, 8, 8, 3] && last.isChannelsLast)
    for (b, c, y, x) in [(0, 0, 0, 0), (7, 2, 7, 7), (3, 1, 5, 2)] {
      #expect(turned[b, y, x, c] == first[b, c, y, x])
    }
    let half = try Self.loader(folder, layout: ImageLayout(dataType: .float16))
      .batch(at: BatchPosition(epoch: 0, batch: 0))
    #expect(half.images == .float16(first.map { Float16($0) }))
    let brain = try Self.loader(folder, layout: ImageLayout(dataType: .bfloat16))
      .batch(at: BatchPosition(epoch: 0, batch: 0))
    #expect(brain.images == .bfloat16(first.map { BFloat16($0) }))
    let bytes = try Self.loader(folder, pipeline: "resize_to(8, 8)").batch(
      at: BatchPosition(epoch: 0, batch: 0))
    #expect(bytes.images.dataType == .uint8 && bytes.images.shape == [8, 3, 8, 8])
    guard case .uint8(let levels) = bytes.images else { return }
    #expect(levels.elements.map { Float($0) / 255 } == first.elements)
    #expect(throws: TesseraError.self) {
      try Self.loader(folder, layout: ImageLayout(dataType: .uint8)).batch(
        at: BatchPosition(epoch: 0, batch: 0))
    }
  }

  @Test(
    "collators: pictures of many sizes are padded with a mask, or kept as a list; stacking names the odd one")
  func collators() throws {
    let folder = try LoaderFixtures.pictures(count: 12)
    let at = BatchPosition(epoch: 0, batch: 0)
    let list = try Self.loader(folder, pipeline: "to_tensor", collator: .list).batch(at: at)
    #expect(list.imageList.count == 8 && list.images.shape == [0])
    let padded = try Self.loader(folder, pipeline: "to_tensor", collator: .pad(value: -2, multiple: 16))
      .batch(at: at)
    let mask = try #require(padded.imageMask)
    let images = try #require(padded.images.float)
    let (height, width) = (images.shape[2], images.shape[3])
    #expect(height % 16 == 0 && width % 16 == 0 && mask.shape == [8, height, width])
    for (row, picture) in list.imageList.enumerated() {
      let original = try #require(picture.float)
      for y in 0..<height {
        for x in 0..<width {
          let isInside = y < original.shape[1] && x < original.shape[2]
          #expect(mask[row, y, x] == (isInside ? 1 : 0))
          for c in 0..<3 { #expect(images[row, c, y, x] == (isInside ? original[c, y, x] : -2)) }
        }
      }
    }
    let error = #expect(throws: TesseraError.self) {
      try Self.loader(folder, pipeline: "to_tensor").batch(at: at)
    }
    #expect(error?.stage == .collate && error?.path?.hasSuffix(list.names[1]) == true)
  }

  @Test("one's own collator and batch transform see every row and are seeded by the position")
  func custom() throws {
    let folder = try LoaderFixtures.pictures(count: 12)
    let loader = DataLoader(
      try LoaderFixtures.dataset(folder, "to_tensor"), batchSize: 5, collator: MeanCollator(),
      transforms: [Tag()])
    let first = try loader.batch(at: BatchPosition(epoch: 0, batch: 1))
    let again = try loader.batch(at: BatchPosition(epoch: 0, batch: 1))
    #expect(first.images.shape == [5] && first.images == again.images)
    #expect(first.tensors["tag"] == again.tensors["tag"])
    #expect(try loader.batch(at: BatchPosition(epoch: 1, batch: 1)).tensors["tag"] != first.tensors["tag"])
  }

  @Test("several pictures a sample, and none: images are stacked row by row, counts say whose they are")
  func severalPictures() throws {
    let pictures = (0..<4).map { PictureSource.image(Pictures.noise(Size(6), .rgb, seed: UInt64($0))) }
    let samples = [
      Sample(name: "two", pictures: [pictures[0], pictures[1]], text: "both"),
      Sample(name: "none", text: "words"), Sample(name: "one", pictures: [pictures[2]], label: 4),
    ]
    let loader = DataLoader(ListedSamples(samples: samples), batchSize: 3)
    let batch = try loader.batch(at: BatchPosition(epoch: 0, batch: 0))
    #expect(batch.imageCounts == [2, 0, 1] && batch.images.shape == [3, 3, 6, 6])
    #expect(batch.texts == ["both", "words", nil] && batch.labels.elements == [-1, -1, 4])
    // Two pictures of a sample draw from streams of their own.
    let same = Sample(name: "twins", pictures: [pictures[0], pictures[0]])
    let noisy = ListedSamples(samples: [same]).map(try Pipeline(text: "gaussian_noise|to_tensor"))
    let twins = try DataLoader(noisy, batchSize: 1).batch(at: BatchPosition(epoch: 0, batch: 0))
    let elements = try #require(twins.images.float?.elements)
    #expect(elements[..<108] != elements[108...])
  }

  @Test(
    "a C pointer, DLPack, npy and safetensors hand the batch over; DLPack's deleter gives the memory back")
  func handOver() throws {
    let folder = try LoaderFixtures.pictures(count: 12)
    let loader = try Self.loader(folder, batchSize: 4)
    var batch: Batch? = try loader.batch(at: BatchPosition(epoch: 0, batch: 0))
    let images = try #require(batch?.images)
    let handed = images.makeDLPack()
    let tensor = handed.pointee.dl_tensor
    #expect(images.withUnsafeBytes { $0.baseAddress == UnsafeRawPointer(tensor.data) })
    #expect((0..<4).map { Int(tensor.shape[$0]) } == [4, 3, 8, 8])
    #expect((0..<4).map { Int(tensor.strides[$0]) } == [192, 64, 8, 1])
    #expect(tensor.dtype.code == 2 && tensor.dtype.bits == 32 && tensor.device.device_type == 1)
    let copy = tensor.data.assumingMemoryBound(to: Float.self)
    let values = try #require(images.float?.elements)
    batch = nil
    #expect(copy[767] == values[767])
    handed.pointee.deleter(handed)

    let out = try TemporaryFolder()
    let again = try loader.batch(at: BatchPosition(epoch: 0, batch: 0))
    try again.write(npy: out.path + "/a.npy")
    #expect(try Npy.read(out.path + "/a.npy") == again.images)
    try again.write(safetensors: out.path + "/a.safetensors")
    let file = try SafetensorsFile(out.path + "/a.safetensors")
    #expect(try file.tensor("images") == again.images && file.tensor("labels") == .int64(again.labels))
    #expect(file.metadata["batch"] == "0")
  }

  @Test("a DLPack tensor that outlives its batch keeps the memory from the pool until its deleter is called")
  func poolWaitsForDLPack() throws {
    let folder = try LoaderFixtures.pictures(count: 12)
    let loader = DataLoader(
      try LoaderFixtures.dataset(folder, Self.simple), batchSize: 4, threads: 1, prefetch: 1)
    let epoch = loader.epoch(0)
    let handed = try #require(try epoch.makeBatchIterator().nextBlocking()).images.makeDLPack()
    let held = epoch.report.batchMemoryHeldBytes
    #expect(held >= 4 * 3 * 64 * 4)
    handed.pointee.deleter(handed)
    // The iterator is gone too: nothing is held once its threads have ended.
    for _ in 0..<6000 where epoch.report.batchMemoryHeldBytes > 0 { Thread.sleep(forTimeInterval: 0.01) }
    #expect(epoch.report.batchMemoryHeldBytes == 0)
  }

  @Test("the report's figures add up, and its sentence names the bottleneck")
  func report() throws {
    let folder = try LoaderFixtures.pictures(count: 60)
    let reports = Mutex([LoaderReport]())
    let loader = DataLoader(
      try LoaderFixtures.dataset(folder, LoaderFixtures.everyRandomTransform), batchSize: 8, threads: 2,
      onReport: { report in reports.withLock { $0.append(report) } })
    let epoch = loader.epoch(0)
    for batch in epoch.blocking { _ = try batch.get() }
    let report = epoch.report
    #expect(reports.withLock { $0.count } == 8 && report.batches == 8 && report.samples == 60)
    #expect(report.bytesOut == 60 * 3 * 16 * 16 * 4 && report.bytesRead > 0)
    #expect(report.transformSeconds > report.readSeconds && report.cpuSeconds > 0)
    #expect(report.bottleneck == .transform)
    #expect(report.sentence.contains("Transforming sets the pace"), "\(report.sentence)")
    #expect(report.gainOfAnotherCore > 1)
    let slow = DataLoader(try LoaderFixtures.dataset(folder, Self.simple), batchSize: 8, threads: 2)
    let patient = slow.epoch(0)
    for batch in patient.blocking {
      _ = try batch.get()
      Thread.sleep(forTimeInterval: 0.15)
    }
    #expect(patient.report.bottleneck == .consumer, "\(patient.report.sentence)")
    #expect(patient.report.residentBytes > 0 && patient.report.meanQueueDepth > 0)
  }
}

/// A dataset that tells when a sample is asked for.
struct CountingDataset<Base: Dataset>: Dataset {
  let base: Base
  var canary: Canary?
  let note: @Sendable () -> Void

  var count: Int { base.count }
  func sample(at index: Int) throws -> Sample {
    note()
    return try base.sample(at: index)
  }
}

struct ListedSamples: Dataset {
  let samples: [Sample]
  var count: Int { samples.count }
  func sample(at index: Int) throws -> Sample { samples[index] }
}

/// The mean of each picture: `[B]`.
private struct MeanCollator: Collator {
  func collate(_ samples: [LoadedSample], into batch: inout Batch) throws {
    let means = samples.map { sample -> Float in
      let values = sample.pictures[0].float?.elements ?? []
      return values.reduce(0, +) / Float(values.count)
    }
    batch.images = .float32(Tensor(shape: [means.count], means))
  }
}

private struct Tag: BatchTransform {
  func apply(to batch: inout Batch, using random: inout RandomStream) {
    batch.tensors["tag"] = .int64(Tensor(shape: [1], [Int64(truncatingIfNeeded: random.next64())]))
  }
}

/// Tells when its last holder lets go.
final class Canary: Sendable {
  private let onEnd: @Sendable () -> Void
  init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }
  deinit { onEnd() }
}

final class AtomicFlag: Sendable {
  private let value = Mutex(false)
  func set() { value.withLock { $0 = true } }
  var isSet: Bool { value.withLock { $0 } }
}

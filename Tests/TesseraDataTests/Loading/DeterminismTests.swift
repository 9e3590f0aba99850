import Foundation
import TestSupport
import Tessera
import Testing

/// Law 2: a batch is a pure function of (dataset, pipeline, seed, epoch, position).
@Suite("Law 2: batches are the same for ever", .serialized)
struct DeterminismTests {
  static func loader(
    _ folder: TemporaryFolder, threads: Int = 2, prefetch: Int? = nil, fused: Bool = true,
    rank: DistributedRank? = nil, batchSize: Int = 2
  ) throws -> DataLoader {
    DataLoader(
      try LoaderFixtures.dataset(folder, LoaderFixtures.everyRandomTransform), batchSize: batchSize,
      order: .shuffled(seed: 42), rank: rank, threads: threads, prefetch: prefetch, isFused: fused)
  }

  @Test("the pipeline of these tests has every random transform")
  func everyRandomTransform() throws {
    let steps = try Pipeline(text: LoaderFixtures.everyRandomTransform).steps
    let used = Set(steps.map { type(of: $0).schema.name })
    let random = TransformRegistry.builtIn.filter { $0 is any RandomTransform.Type }.map { $0.schema.name }
    // The five and ten crops give views; all else must be here.
    #expect(Set(random).subtracting(used).isEmpty, "\(Set(random).subtracting(used))")
    #expect(random.count > 30)
  }

  @Test("the SHA-256 of the first 1,000 batches is equal for 1, 2, 3 and 8 threads")
  func threads() throws {
    let folder = try LoaderFixtures.pictures()
    let digests = try [1, 2, 3, 8].map { threads in
      try LoaderFixtures.digest(Self.loader(folder, threads: threads), batches: 1000)
    }
    #expect(Set(digests).count == 1, "\(digests)")
    // And it can fail: another seed gives other batches.
    let other = DataLoader(
      try LoaderFixtures.dataset(folder, LoaderFixtures.everyRandomTransform), batchSize: 2,
      order: .shuffled(seed: 43))
    #expect(
      try LoaderFixtures.digest(other, batches: 20) != LoaderFixtures.digest(Self.loader(folder), batches: 20)
    )
  }

  @Test("the SHA-256 of 1,000 batches is equal for any prefetch, and fused or step by step")
  func prefetchAndFusion() throws {
    let folder = try LoaderFixtures.pictures()
    let expected = try LoaderFixtures.digest(Self.loader(folder), batches: 1000)
    for prefetch in [1, 9] {
      #expect(
        try LoaderFixtures.digest(Self.loader(folder, threads: 3, prefetch: prefetch), batches: 1000)
          == expected)
    }
    #expect(try LoaderFixtures.digest(Self.loader(folder, fused: false), batches: 1000) == expected)
  }

  @Test("resumed at any batch, by another number of threads, an epoch goes on as if nothing had happened")
  func resume() throws {
    let folder = try LoaderFixtures.pictures(count: 60)
    let whole = try LoaderFixtures.digests(Self.loader(folder, threads: 1).epoch(3))
    #expect(whole.count == 30)
    for cut in [1, 2, 13, 29, 30] {
      let first = try Self.loader(folder, threads: 2)
      let iterator = first.epoch(3).makeBatchIterator()
      var (state, before) = (try first.state(epoch: 3), [String]())
      for _ in 0..<cut {
        let batch = try #require(try iterator.nextBlocking())
        before.append(LoaderFixtures.digest(batch))
        state = try first.state(after: batch)
      }
      // As a crash has it: the state goes through a file into a new loader.
      let json = try JSONEncoder().encode(state)
      #expect(json.count < 1000)
      let second = try Self.loader(folder, threads: 3, prefetch: 5)
      let rest = try second.epoch(resuming: try JSONDecoder().decode(LoaderState.self, from: json))
      #expect(try before + LoaderFixtures.digests(rest) == whole, "cut at \(cut)")
    }
  }

  @Test(
    "the union over ranks is the single rank's order, sample for sample, byte for byte", arguments: [2, 3, 5])
  func ranks(_ ranks: Int) throws {
    let folder = try LoaderFixtures.pictures(count: 61)
    func rows(_ loader: DataLoader) throws -> [(index: Int, bytes: [UInt8], isValid: Bool)] {
      var rows: [(Int, [UInt8], Bool)] = []
      let iterator = loader.epoch(1).makeBatchIterator()
      while let batch = try iterator.nextBlocking() {
        let size = batch.images.storageBytesPerRow
        batch.images.withUnsafeBytes { bytes in
          for row in 0..<batch.count {
            rows.append((batch.indices[row], Array(bytes[row * size..<(row + 1) * size]), batch.valid[row]))
          }
        }
      }
      return rows
    }
    let single = try rows(Self.loader(folder))
    let parts = try (0..<ranks).map { rank in
      try rows(Self.loader(folder, rank: DistributedRank(rank, of: ranks, tail: .exact), batchSize: 3))
    }
    #expect(Set(parts.map(\.count)).count == 1)
    // Position p of the whole is position p / ranks of rank p % ranks.
    for position in single.indices {
      let part = parts[position % ranks][position / ranks]
      #expect(part.index == single[position].index && part.bytes == single[position].bytes && part.isValid)
    }
    let valid = parts.joined().count { $0.isValid }
    #expect(valid == single.count)
  }

  @Test("any batch is made again by its position alone")
  func batchAtPosition() throws {
    let folder = try LoaderFixtures.pictures(count: 40)
    let loader = try Self.loader(folder, batchSize: 7)
    for epoch in [0, 4] {
      let whole = try LoaderFixtures.digests(loader.epoch(epoch))
      for batch in whole.indices.reversed() {
        let again = try Self.loader(folder, threads: 1, batchSize: 7).batch(
          at: BatchPosition(epoch: epoch, batch: batch))
        #expect(LoaderFixtures.digest(again) == whole[batch])
      }
    }
    let error = #expect(throws: TesseraError.self) { try loader.batch(at: BatchPosition(epoch: 0, batch: 6)) }
    #expect(error?.description.contains("a batch below 6") == true)
  }

  @Test("a sample's pixels do not depend on its batch: other sizes and orders give the same rows")
  func rowsAreIndependent() throws {
    let folder = try LoaderFixtures.pictures(count: 30)
    func rows(_ loader: DataLoader) throws -> [Int: [UInt8]] {
      var rows: [Int: [UInt8]] = [:]
      let iterator = loader.epoch(0).makeBatchIterator()
      while let batch = try iterator.nextBlocking() {
        let size = batch.images.storageBytesPerRow
        batch.images.withUnsafeBytes { bytes in
          for row in 0..<batch.count {
            rows[batch.indices[row]] = Array(bytes[row * size..<(row + 1) * size])
          }
        }
      }
      return rows
    }
    let data = try LoaderFixtures.dataset(folder, LoaderFixtures.everyRandomTransform)
    let expected = try rows(DataLoader(data, batchSize: 4, seed: 5))
    #expect(expected.count == 30)
    #expect(try rows(DataLoader(data, batchSize: 13, order: .shuffled(seed: 1), seed: 5)) == expected)
    #expect(try rows(DataLoader(data, batchSize: 1, order: .torchCompatible(seed: 9), seed: 5)) == expected)
  }

  @Test("a pinned digest: it changes only on purpose")
  func pinned() throws {
    let folder = try LoaderFixtures.pictures(count: 24)
    let pipeline = "random_resized_crop(12)|random_horizontal_flip|to_tensor|normalize(half)|random_erasing"
    let loader = DataLoader(
      try LoaderFixtures.dataset(folder, pipeline), batchSize: 4, order: .shuffled(seed: 42))
    let digest = try LoaderFixtures.digest(loader, batches: 12)
    #expect(digest == "888c9cbcc4f5532b326c9d1f88b4a83ef02da2b765176016f96891506eca2b1f")
  }
}

extension AnyTensor {
  /// Bytes of one row of the first axis.
  var storageBytesPerRow: Int { shape.dropFirst().reduce(1, *) * dataType.byteCount }
}

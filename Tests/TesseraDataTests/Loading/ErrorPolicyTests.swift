import Foundation
import TestSupport
import Tessera
import Testing

@Suite("Bad samples", .serialized)
struct ErrorPolicyTests {
  static func loader(
    _ folder: TemporaryFolder, _ policy: LoaderErrorPolicy, threads: Int = 2, count: Int = 0,
    order: SampleOrdering = .shuffled(seed: 3)
  ) throws -> DataLoader {
    DataLoader(
      try LoaderFixtures.dataset(folder, "random_resized_crop(8)|to_tensor"), batchSize: 8, order: order,
      threads: threads, onError: policy)
  }

  @Test(
    "stop: the first bad sample of the order ends the epoch, whatever the threads, after all before it",
    arguments: [1, 2, 5])
  func stop(_ threads: Int) async throws {
    let folder = try LoaderFixtures.pictures(count: 100, damage: 4)
    let loader = try Self.loader(folder, .stop, threads: threads)
    let skipping = try Self.loader(folder, .skip(maximum: 1))
    var firstBad: SampleFailure?
    for batch in skipping.epoch(0).blocking where firstBad == nil {
      firstBad = try batch.get().failures.first
    }
    let bad = try #require(firstBad)
    var delivered = 0
    do {
      for try await batch in loader.epoch(0) {
        #expect(batch.count == 8)
        delivered += 1
      }
      Issue.record("the epoch did not stop")
    } catch let error as TesseraError {
      #expect(error.index == bad.index && error.path == bad.name && error.stage == .decode)
      #expect(error.reason.description == bad.reason)
    }
    #expect(delivered == bad.position.batch)
  }

  @Test("skip: a hole is left, nothing slides, and every other row is the undamaged folder's")
  func skip() throws {
    let good = try LoaderFixtures.pictures(count: 100)
    let folder = try LoaderFixtures.pictures(count: 100, damage: 4)
    let loader = try Self.loader(folder, .skip(maximum: 0.04), threads: 3)
    let whole = try Self.loader(good, .stop)
    let (damaged, undamaged) = (loader.epoch(2).makeBatchIterator(), whole.epoch(2).makeBatchIterator())
    var failures: [SampleFailure] = []
    while let batch = try damaged.nextBlocking() {
      let full = try #require(try undamaged.nextBlocking())
      #expect(batch.slotCount == full.count && batch.count + batch.failures.count == full.count)
      #expect(batch.slots + batch.failures.map(\.slot) != [] && batch.position == full.position)
      let size = full.images.storageBytesPerRow
      for (row, slot) in batch.slots.enumerated() {
        #expect(batch.indices[row] == full.indices[slot] && batch.labels[row] == full.labels[slot])
        batch.images.withUnsafeBytes { a in
          full.images.withUnsafeBytes { b in
            #expect(a[row * size..<(row + 1) * size].elementsEqual(b[slot * size..<(slot + 1) * size]))
          }
        }
      }
      failures += batch.failures
    }
    #expect(failures.count == 4 && loader.ledger == failures)
    #expect(failures.allSatisfy { $0.stage == .decode && !$0.reason.isEmpty && $0.name.contains("/") })
    let out = try TemporaryFolder()
    try loader.writeLedger(to: out.path + "/ledger.jsonl")
    #expect(try out.lines("ledger.jsonl").count == 4)
  }

  @Test("substitute: the same other sample stands in every time, and the batch stays full")
  func substitute() throws {
    let folder = try LoaderFixtures.pictures(count: 100, damage: 4)
    let digests = try [1, 4].map { threads in
      try LoaderFixtures.digests(Self.loader(folder, .substitute(maximum: 1), threads: threads).epoch(0))
    }
    #expect(digests[0] == digests[1])
    let loader = try Self.loader(folder, .substitute(maximum: 1))
    for batch in loader.epoch(0).blocking { #expect(try batch.get().count == (try batch.get().slotCount)) }
    #expect(
      loader.ledger.count == 4
        && loader.ledger.allSatisfy { $0.substitute != nil && $0.substitute != $0.index })
  }

  @Test("too many failures end the epoch with a count, and the count goes on over a resume")
  func cap() throws {
    let folder = try LoaderFixtures.pictures(count: 100, damage: 6)
    let loader = try Self.loader(folder, .skip(maximum: 0.03))
    var (delivered, thrown) = ([Batch](), TesseraError?.none)
    for batch in loader.epoch(0).blocking {
      do { delivered.append(try batch.get()) } catch { thrown = error as? TesseraError }
    }
    guard case .limitExceeded(_, 3, let found)? = thrown?.reason else {
      Issue.record("\(String(describing: thrown))")
      return
    }
    #expect(found > 3)
    // Resumed after the last batch that was handed out, it stops at the same place.
    let state = try loader.state(after: try #require(delivered.last))
    #expect(state.failureCount == delivered.reduce(0) { $0 + $1.failures.count } && state.failureCount > 0)
    let again = try Self.loader(folder, .skip(maximum: 0.03)).epoch(resuming: state)
    #expect(throws: TesseraError.self) { try LoaderFixtures.digests(again) }
    #expect(throws: Never.self) {
      try LoaderFixtures.digests(Self.loader(folder, .skip(maximum: 0.06)).epoch(0))
    }
  }

  @Test(
    "a state of other data, another pipeline, seed or batch size is refused with what changed, unless told")
  func refusesChanges() throws {
    let folder = try LoaderFixtures.pictures(count: 30)
    let loader = try Self.loader(folder, .stop)
    let state = try loader.state(after: try loader.batch(at: BatchPosition(epoch: 0, batch: 1)))
    #expect(throws: Never.self) { try Self.loader(folder, .stop).epoch(resuming: state) }
    let pipeline = DataLoader(
      try LoaderFixtures.dataset(folder, "random_resized_crop(9)|to_tensor"), batchSize: 8,
      order: .shuffled(seed: 3))
    let other = #expect(throws: TesseraError.self) { try pipeline.epoch(resuming: state) }
    #expect(other?.description.contains("the dataset or its pipeline") == true)
    let size = DataLoader(
      try LoaderFixtures.dataset(folder, "random_resized_crop(8)|to_tensor"), batchSize: 9,
      order: .shuffled(seed: 4))
    let settings = #expect(throws: TesseraError.self) { try size.epoch(resuming: state) }
    #expect(
      settings?.description.contains("batch size 8") == true
        && settings?.description.contains("the seed: 3 then, 4 now") == true)
    try folder.write(try PNGEncoder().encode(Pictures.noise(Size(9), .rgb, seed: 1)), "ant/new.png")
    let grown = try Self.loader(folder, .stop)
    #expect(throws: TesseraError.self) { try grown.epoch(resuming: state) }
    #expect(throws: Never.self) { try grown.epoch(resuming: state, allowingChanges: true) }
  }

  @Test(
    "a state that no loader wrote is an error, whatever stands in it",
    arguments: [
      "", "{}", "[1]", "NaN", #""nextBatch" : -1"#, #""epoch" : -3"#, #""nextBatch" : 9223372036854775807"#,
    ])
  func foreignState(_ edit: String) throws {
    let folder = try LoaderFixtures.pictures(count: 12)
    let loader = try Self.loader(folder, .stop)
    let path = folder.path + "/loader.json"
    try loader.state().write(to: path)
    var text = try String(contentsOfFile: path, encoding: .utf8)
    if edit.hasPrefix("\"") {
      let key = String(edit.prefix { $0 != ":" })
      text = text.replacing(try Regex("\(key): [0-9]+"), with: edit)
    } else {
      text = edit
    }
    try folder.write(text, "loader.json")
    let error = #expect(throws: TesseraError.self) { try LoaderState(contentsOf: path) }
    #expect(error?.path == path)
  }

  @Test("a file that is rewritten or removed while it is read costs itself only, and the loop goes on")
  func changesUnderWay() throws {
    let folder = try LoaderFixtures.pictures(count: 40)
    let loader = try Self.loader(folder, .skip(maximum: 1), order: .sequential)
    let data = try ImageFolder(folder.path)
    try FileManager.default.removeItem(atPath: folder.path + "/" + data.name(at: 5))
    try folder.write([], data.name(at: 6))
    try folder.write("text", data.name(at: 7))
    var rows = 0
    for batch in loader.epoch(0).blocking { rows += try batch.get().count }
    #expect(rows == 37)
    #expect(loader.ledger.map(\.index) == [5, 6, 7])
    #expect(loader.ledger.map(\.stage) == [.read, .header, .header])
  }

  @Test("a batch of which every sample fails is empty, and the next one follows")
  func emptyBatch() throws {
    let samples = (0..<6).map { number -> Sample in
      number < 3
        ? Sample(.bytes([1, 2, 3], name: "bad-\(number)"))
        : Sample(.image(Pictures.noise(Size(4), .rgb, seed: 1), name: "good-\(number)"))
    }
    let loader = DataLoader(ListedSamples(samples: samples), batchSize: 3, onError: .skip(maximum: 1))
    let batches = try loader.epoch(0).blocking.map { try $0.get() }
    #expect(batches.map(\.count) == [0, 3] && batches[0].isEmpty && batches[0].slotCount == 3)
  }

  @Test("a batch sampler that gives an empty batch ends the epoch with an error, after the batches before it")
  func emptyKeys() async throws {
    struct Empty: BatchSampler {
      func batches(epoch: UInt64) -> BatchOrder {
        BatchOrder(count: 3) { batch in batch == 1 ? [] : [SampleKey(0)] }
      }
    }
    let data = ListedSamples(samples: [Sample(.image(Pictures.noise(Size(4), .rgb, seed: 1)))])
    let results = Array(DataLoader(data, batches: Empty(), threads: 3).epoch(0).blocking)
    #expect(results.count == 2)
    #expect(throws: Never.self) { try results[0].get() }
    #expect(throws: TesseraError.self) { try results[1].get() }
  }

  @Test("a batch made again leaves ledger and state alone: it does not know what failed before it")
  func replayed() throws {
    let folder = try LoaderFixtures.pictures(count: 100, damage: 4)
    let loader = try Self.loader(folder, .skip(maximum: 1))
    for batch in loader.epoch(0).blocking { _ = try batch.get() }
    let (ledger, at) = (loader.ledger, try #require(loader.ledger.last).position)
    let again = try loader.batch(at: at)
    #expect(again.failures.count > 0 && loader.ledger == ledger)
    #expect(throws: TesseraError.self) { try loader.state(after: again) }
  }

  @Test("what rank 0 saves, every rank of as many ranks resumes from; other numbers of ranks are refused")
  func rankZeroSaves() throws {
    let folder = try LoaderFixtures.pictures(count: 40)
    func loader(_ rank: Int, of ranks: Int) throws -> DataLoader {
      DataLoader(
        try LoaderFixtures.dataset(folder, "random_resized_crop(8)|to_tensor"), batchSize: 4,
        order: .shuffled(seed: 3), rank: DistributedRank(rank, of: ranks))
    }
    let first = try loader(0, of: 2)
    let state = try first.state(after: try first.batch(at: BatchPosition(epoch: 0, batch: 1)))
    let whole = try LoaderFixtures.digests(loader(1, of: 2).epoch(0))
    #expect(try LoaderFixtures.digests(loader(1, of: 2).epoch(resuming: state)) == Array(whole[2...]))
    #expect(throws: TesseraError.self) { try loader(0, of: 4).epoch(resuming: state) }
  }

  @Test("an order that names samples outside of the dataset is an error, not a crash")
  func foreignOrder() throws {
    let sampler = try SubsetSampler([0, 99])
    let loader = DataLoader(
      ListedSamples(samples: [Sample(.image(Pictures.noise(Size(4), .rgb, seed: 1)))]), batchSize: 1,
      order: .sampler(sampler))
    let error = #expect(throws: TesseraError.self) { try LoaderFixtures.digests(loader.epoch(0)) }
    #expect(error?.index == 99)
  }
}

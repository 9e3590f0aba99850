import Foundation
import Synchronization
import TestSupport
import Tessera
import TesseraCore
import TesseraVLM
import Testing

/// Ranks as threads of this process: to c10d they are as good as processes.
enum Ranks {
  static func meeting(_ rank: Int, _ size: Int, _ port: Int) -> ProcessGroup.Meeting {
    var meeting = ProcessGroup.Meeting(rank: rank, size: size, host: "127.0.0.1", port: port)
    (meeting.ownAddress, meeting.timeout) = ("127.0.0.1", .seconds(60))
    return meeting
  }

  /// What `body` gives on each rank, in the ranks' order.
  static func run<Value: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (ProcessGroup) throws -> Value
  ) throws -> [Value] {
    let port = try Port.free()
    let results = Results<Value>(size)
    let isDone = DispatchGroup()
    for rank in 0..<size {
      isDone.enter()
      let thread = Thread {
        let result = Result { try body(ProcessGroup(meeting(rank, size, port))) }
        results.values.withLock { $0[rank] = result }
        isDone.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    isDone.wait()
    return try results.values.withLock { values in
      try values.map { try #require($0).get() }
    }
  }

  private final class Results<Value: Sendable>: Sendable {
    let values: Mutex<[Result<Value, any Error>?]>
    init(_ size: Int) { values = Mutex(Array(repeating: nil, count: size)) }
  }
}

@Suite("Ranks") struct ProcessGroupTests {
  @Test("sum, share and gather", arguments: [1, 2, 4])
  func exchange(_ size: Int) throws {
    struct Seen: Equatable, Sendable {
      var sums: [Double]
      var shared: [Double]
      var gathered: [[UInt8]]
    }
    let found = try Ranks.run(size) { group in
      let rank = group.rank
      let shared = TorchTensor([Double(rank), 7], shape: [2])
      try group.broadcast(shared, from: group.size - 1)
      try group.barrier()
      return Seen(
        sums: try group.sum([1, Double(rank), 0.1]), shared: shared.array(of: Double.self),
        gathered: try group.gather(Array(repeating: UInt8(rank), count: 3 * rank)))
    }
    let ranks = (0..<size).map(Double.init)
    for seen in found {
      #expect(seen.sums[0] == Double(size) && seen.sums[1] == ranks.reduce(0, +))
      #expect(abs(seen.sums[2] - 0.1 * Double(size)) < 1e-15)
      #expect(seen.shared == [Double(size - 1), 7])
      #expect(seen.gathered == (0..<size).map { Array(repeating: UInt8($0), count: 3 * $0) })
      // To the bit: ranks that add in other orders would part.
      #expect(seen == found[0])
    }
  }

  @Test("gradients of ranks are those of all samples together", arguments: [1, 2, 4], [4096, 25 << 20])
  func gradients(_ size: Int, _ bucketBytes: Int) throws {
    let whole = try TinySamples(type: .float64)
    _ = try whole.gradients([whole.batch(0..<6)])
    let units = Double(whole.batch(0..<6).targets.count)
    let distances = try Ranks.run(size) { group in
      // Ranks take parts in turn: some have several, and the last of four has none.
      let parts = [0..<1, 1..<2, 2..<6]
      let mine = parts.indices.filter { $0 % size == group.rank }.map { parts[$0] }
      let tiny = try TinySamples(type: .float64)
      let parameters = tiny.model.parameters.all.map(\.tensor)
      for tensor in parameters { tensor.grad = nil }
      let reducer = try GradientReducer(group, parameters, bucketBytes: bucketBytes)
      for _ in 0..<2 {
        for tensor in parameters { tensor.grad = nil }
        for range in mine.dropLast() { (try tiny.model.loss(tiny.batch(range)) / units).backward() }
        reducer.arm()
        if let range = mine.last { (try tiny.model.loss(tiny.batch(range)) / units).backward() }
        try reducer.finish()
      }
      let buckets = reducer.buckets
      let found = tiny.model.parameters.all.map { $0.tensor.grad ?? $0.tensor.zerosLike() }
      let other = try TinySamples(type: .float64)
      let truth = try other.gradients([other.batch(0..<6)]).gradients
      return (
        distance: TinySamples.distance(found, truth), buckets: buckets.all, early: buckets.early,
        without: tiny.model.parameters.all.count { $0.tensor.grad == nil }
      )
    }
    let without = whole.model.parameters.all.count { $0.tensor.grad == nil }
    for rank in distances {
      #expect(rank.distance < 1e-10, "\(rank)")
      #expect(rank.buckets > 5 || bucketBytes > 4096)
      // A parameter that takes no part anywhere has no gradient, as in one process.
      #expect(rank.without == without)
    }
    // On a rank with every part buckets go out while the way back goes on.
    #expect(bucketBytes > 4096 || distances[0].early > 0)
  }

  @Test("rank 0's word, work that is dealt out, and what fails in it", arguments: [1, 3])
  func work(_ size: Int) throws {
    struct Seen: Equatable, Sendable {
      var words: [String?]
      var squares: [Double]
      var failures: [String]
    }
    let found = try Ranks.run(size) { group -> Seen in
      func failure(_ body: () throws -> Void) -> String {
        do {
          try body()
          return "none"
        } catch { return "\(error)" }
      }
      var words: [String?] = []
      for number in 0..<3 {
        words.append(
          try group.lead { () -> String? in
            // The others wait, longer than a poll.
            Thread.sleep(forTimeInterval: 0.1)
            return number == 1 ? nil : "\(number) of rank \(group.rank)"
          })
      }
      // Not a number goes over the wire too.
      let squares = try group.deal(7) { $0 == 4 ? Double.infinity : Double($0 * $0) }
      let failures = [
        failure { try group.lead { throw TesseraError(.corrupt(format: "a word", detail: "cut")) } },
        failure {
          _ = try group.deal(7) { piece in
            if piece == 5 { throw TesseraError(.corrupt(format: "piece 5", detail: "cut")) }
            return piece
          }
        },
      ]
      // A failure of the work is not one of the group.
      try group.barrier()
      return Seen(words: words, squares: squares, failures: failures)
    }
    for (rank, seen) in found.enumerated() {
      #expect(seen.words == ["0 of rank 0", nil, "2 of rank 0"])
      #expect(seen.squares == [0, 1, 4, 9, .infinity, 25, 36])
      #expect(seen.failures[0].contains("a word") && seen.failures[1].contains("piece 5"), "\(seen)")
      #expect(seen.failures[0].contains("rank 0 failed") == (rank > 0))
      #expect(seen.failures[1].contains("rank 2 failed") == (size > 1 && rank != 2))
    }
  }

  @Test("a rank that says why it failed is quoted by the others")
  func quoted() throws {
    let words = try Ranks.run(3) { group -> String in
      if group.rank == 2 {
        group.fail("its disk is full")
        return "gone"
      }
      // Whether it waits for numbers or for rank 0's word.
      do {
        if group.rank == 0 {
          _ = try group.sum([1])
        } else {
          try group.lead {}
        }
        return "went on"
      } catch { return "\(error)" }
    }
    #expect(words[2] == "gone")
    for word in words[..<2] {
      #expect(word.contains("rank 2 (") && word.contains("its disk is full"), "\(word)")
    }
  }

  @Test("a rank that never comes is named")
  func absent() throws {
    var meeting = Ranks.meeting(0, 3, try Port.free())
    meeting.timeout = .seconds(1)
    let error = #expect(throws: TesseraError.self) { try ProcessGroup(meeting) }
    #expect(error?.description.contains("rank 1, rank 2 did not come within 1 s") == true, "\(error as Any)")
  }

  @Test("those that have come all say who has not")
  func absentToAll() throws {
    let port = try Port.free()
    let words = Mutex<[String]>([])
    let isDone = DispatchGroup()
    for rank in [0, 2] {
      isDone.enter()
      Thread {
        var meeting = Ranks.meeting(rank, 3, port)
        // Rank 2 would wait longer, and is told.
        meeting.timeout = .seconds(rank == 0 ? 3 : 60)
        let result = Result { try ProcessGroup(meeting) }
        words.withLock { $0.append("\(result)") }
        isDone.leave()
      }.start()
    }
    isDone.wait()
    for word in words.withLock({ $0 }) { #expect(word.contains("rank 1 did not come within 3 s"), "\(word)") }
  }

  @Test("a rank that goes is named by the others")
  func leaver() throws {
    let words = try Ranks.run(3) { group -> String in
      group.tell("at rank \(group.rank)'s work")
      try group.barrier()
      // Its word has gone out with its pulse by then.
      Thread.sleep(forTimeInterval: 3)
      if group.rank == 1 { return "gone" }
      do {
        while true {
          _ = try group.sum([1])
          Thread.sleep(forTimeInterval: 0.05)
        }
      } catch { return "\(error)" }
    }
    #expect(words[1] == "gone")
    for word in [words[0], words[2]] {
      #expect(word.contains("rank 1 (") && word.contains("at rank 1's work"), "\(word)")
    }
  }

  @Test("the launcher's variables tell where to meet")
  func launcher() throws {
    typealias Meeting = ProcessGroup.Meeting
    #expect(try Meeting.ofLauncher([:]) == nil)
    #expect(try Meeting.ofLauncher(["RANK": "0", "WORLD_SIZE": "1"]) == nil)
    let torchrun = try #require(
      try Meeting.ofLauncher([
        "RANK": "3", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4", "MASTER_ADDR": "node7",
        "MASTER_PORT": "4000",
        "TORCHELASTIC_RUN_ID": "a", "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "2",
      ]))
    #expect((torchrun.rank, torchrun.size, torchrun.host, torchrun.port) == (3, 8, "node7", 4003))
    let mpi = try #require(
      try Meeting.ofLauncher([
        "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
      ]))
    #expect((mpi.rank, mpi.size, mpi.host, mpi.port) == (1, 2, "127.0.0.1", 29500))
    // On several machines nobody can guess the first one's name.
    #expect(throws: TesseraError.self) {
      try Meeting.ofLauncher([
        "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_SIZE": "1",
      ])
    }
    #expect(throws: TesseraError.self) {
      try Meeting.ofLauncher([
        "RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "0", "TORCHELASTIC_RUN_ID": "a",
      ])
    }
    #expect(throws: TesseraError.self) {
      try ProcessGroup(Meeting(rank: 2, size: 2, host: "127.0.0.1", port: 1))
    }
  }
}

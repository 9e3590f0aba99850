internal import CTorch
private import Foundation
internal import TesseraCore
internal import TesseraData

/// Processes that train one model together, each a *rank*: libtorch's c10d with Gloo.
///
/// All ranks call the same functions in the same order. Where one fails, the others' next call throws and names it; the group
/// is of no use any more.
///
///     let group = try ProcessGroup.ofLauncher()        // nil where nobody started several processes
///     let total = try group.sum([Double(ownTokens)])
public final class ProcessGroup {
  /// This process's number, 0..<size.
  public let rank: Int
  /// How many there are.
  public let size: Int
  let handle: ct_group

  /// Where and how a rank meets the others.
  public struct Meeting: Sendable, Hashable {
    public var rank: Int
    public var size: Int
    /// The machine of rank 0.
    public var host: String
    /// A free port there.
    public var port: Int
    /// The address or name by which the others reach this machine; nil for what its own name leads to.
    public var ownAddress: String?
    /// How long a rank waits for the others, in joining and whenever numbers are exchanged.
    public var timeout = Duration.seconds(1800)

    public init(rank: Int, size: Int, host: String, port: Int) {
      (self.rank, self.size, self.host, self.port) = (rank, size, host, port)
    }
  }

  /// Joins; returns when all ranks have.
  ///
  /// - Throws: `invalidArgument` for a rank outside of the group or a port that is none; `io` where the others do not come.
  public init(_ meeting: Meeting) throws {
    (rank, size) = (meeting.rank, meeting.size)
    guard meeting.size > 0, (0..<meeting.size).contains(meeting.rank) else {
      throw TesseraError(
        .invalidArgument(name: "the rank", expected: "0..<\(meeting.size)", got: "\(meeting.rank)"))
    }
    guard let port = UInt16(exactly: meeting.port), port > 0 else {
      throw TesseraError(.invalidArgument(name: "the port", expected: "1...65535", got: "\(meeting.port)"))
    }
    let name = "\(ProcessInfo.processInfo.hostName), process \(ProcessInfo.processInfo.processIdentifier)"
    let wait = meeting.timeout / .milliseconds(1)
    let joined = meeting.host.withCString { host in
      name.withCString { name in
        (meeting.ownAddress ?? "").withCString { address in
          ct_group_join(
            ct_group_options(
              host: host, port: port, rank: Int32(meeting.rank), size: Int32(meeting.size),
              interface_name: meeting.ownAddress == nil ? nil : address,
              timeout_milliseconds: Int64(wait), name: name))
        }
      }
    }
    guard let joined else {
      throw Self.failure(
        "joining \(meeting.size) ranks at \(meeting.host):\(meeting.port)", TorchFailure.lastMessage)
    }
    handle = joined
  }

  deinit { ct_group_leave(handle) }

  /// Tells the others what this rank does, which they say if it stops: `step 12: backward`.
  public func tell(_ word: String) { ct_group_tell(handle, word) }

  // MARK: exchanging

  /// The sums of all ranks' numbers, the same on all ranks.
  ///
  /// - Precondition: as many on each rank.
  /// - Throws: `io` with the rank that is to blame.
  public func sum(_ numbers: [Double]) throws -> [Double] {
    let tensor = TorchTensor(numbers, shape: [numbers.count])
    try sum(tensor)
    return tensor.array(of: Double.self)
  }

  /// Adds a contiguous tensor of one shape and type up over all ranks, in place.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func sum(_ tensor: TorchTensor) throws {
    try check(ct_group_sum(handle, tensor.handle), "a sum over ranks")
  }

  /// Gives all ranks one's contiguous tensor, in place.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func broadcast(_ tensor: TorchTensor, from root: Int = 0) throws {
    precondition((0..<size).contains(root), "rank \(root) of \(size)")
    try check(ct_group_broadcast(handle, tensor.handle, Int32(root)), "a tensor of rank \(root)'s")
  }

  /// All ranks' bytes, in the ranks' order.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    var counts = [Int](repeating: 0, count: size)
    let all = bytes.withUnsafeBufferPointer { own in
      counts.withUnsafeMutableBufferPointer { counts in
        ct_group_gather(handle, own.baseAddress, own.count, counts.baseAddress)
      }
    }
    guard let all else { throw failure("all ranks' bytes") }
    defer { free(all) }
    var start = 0
    return counts.map { count in
      defer { start += count }
      return Array(UnsafeBufferPointer(start: all + start, count: count))
    }
  }

  /// Returns when all ranks have come here.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func barrier() throws { try check(ct_group_barrier(handle), "waiting for all ranks") }

  // MARK: failures

  func check(_ status: Int32, _ operation: String) throws {
    if status != 0 { throw failure(operation) }
  }

  private func failure(_ operation: String) -> TesseraError {
    let message = TorchFailure.lastMessage
    guard let text = ct_group_culprits(handle) else { return Self.failure(operation, message) }
    defer { free(text) }
    return Self.failure(operation, "\(String(cString: text)) stopped answering (\(message))")
  }

  private static func failure(_ operation: String, _ message: String) -> TesseraError {
    TesseraError(.io(operation: operation, code: ECONNABORTED, message: message))
  }
}

extension ProcessGroup.Meeting {
  /// What the launcher that started this process says: torchrun, Open MPI, PMI or Slurm; nil for one process.
  ///
  /// The meeting is at `MASTER_ADDR`:`MASTER_PORT`, or, where all processes are on one machine, at 127.0.0.1:29500. Below
  /// torchrun, whose agent has that port itself, it is one more, and another after each restart.
  ///
  /// - Throws: `invalidArgument` for variables that contradict each other, and where nothing tells the address.
  public static func ofLauncher(_ environment: [String: String]? = nil) throws -> Self? {
    let environment = environment ?? ProcessInfo.processInfo.environment
    let found = try ShardAssignment.fromEnvironment(environment)
    guard !found.assignment.isWhole else { return nil }
    let size = found.assignment.count
    let isHere = found.processesHere == size
    guard let host = environment["MASTER_ADDR"] ?? (isHere ? "127.0.0.1" : nil) else {
      throw TesseraError(
        .invalidArgument(
          name: "MASTER_ADDR", expected: "the name or address of rank 0's machine, beside \(found.source)",
          got: "nothing"))
    }
    let text = environment["MASTER_PORT"] ?? "29500"
    guard var port = Int(text), (1...65535).contains(port) else {
      throw TesseraError(.invalidArgument(name: "MASTER_PORT", expected: "1...65535", got: text))
    }
    if environment["TORCHELASTIC_USE_AGENT_STORE"] == "True" {
      port += 1 + (environment["TORCHELASTIC_RESTART_COUNT"].flatMap { Int($0) } ?? 0)
    }
    var meeting = Self(rank: found.assignment.index, size: size, host: host, port: port)
    if host == "127.0.0.1" || host == "localhost" { meeting.ownAddress = "127.0.0.1" }
    return meeting
  }
}

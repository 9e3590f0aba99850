internal import CTorch
private import Foundation
internal import TesseraCore
public import TesseraData

/// Processes that train one model together, each a *rank*: libtorch's c10d with Gloo. One process alone is a group too.
///
/// All ranks call the same functions in the same order. Where one fails, the others' next call throws and names it; the group
/// is of no use any more.
///
///     let group = try ProcessGroup.ofLauncher()        // `alone` where nobody started several processes
///     let total = try group.sum([Double(ownTokens)])
// @unchecked: nothing of it changes after it was made but what c10d keeps, whose functions are called one at a time.
public final class ProcessGroup: @unchecked Sendable {
  /// This process's number, 0..<size.
  public let rank: Int
  /// How many there are.
  public let size: Int
  /// Nil for one process alone.
  private let group: ct_group?
  private let turn = NSRecursiveLock()

  /// One process, which has nobody to wait for.
  public static let alone = ProcessGroup()

  private init() { (rank, size, group) = (0, 1, nil) }

  /// The rank among the others, as samplers and feeds take it.
  public var place: DistributedRank { DistributedRank(rank, of: size) }
  /// Whether there are other ranks.
  public var isShared: Bool { size > 1 }
  /// Whether this is rank 0, which alone writes files and speaks.
  public var isLeader: Bool { rank == 0 }

  /// C's handle, of a group of several.
  var handle: ct_group {
    guard let group else { preconditionFailure("one process alone has no group of C's") }
    return group
  }

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
    /// The network interface by which they reach it, such as `eth1`; nil for none in particular.
    public var interface: String?
    /// How long a rank waits for the others, in joining and whenever numbers are exchanged.
    public var timeout = Duration.seconds(1800)
    /// Ranks on this rank's machine.
    public var ranksHere = 1

    public init(rank: Int, size: Int, host: String, port: Int) {
      (self.rank, self.size, self.host, self.port) = (rank, size, host, port)
    }
  }

  /// Joins; returns when all ranks have.
  ///
  /// - Parameter say: what rank 0 says, after ten seconds and then every minute: which ranks are still missing.
  /// - Throws: `invalidArgument` for a rank outside of the group or a port that is none; `io` where the others do not come, or
  ///   one that has come stops answering.
  public init(_ meeting: Meeting, say: @escaping (String) -> Void = { _ in }) throws {
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
    func withText<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
      text.map { $0.withCString(body) } ?? body(nil)
    }
    let listener = Listener(say)
    let joined = meeting.host.withCString { host in
      name.withCString { name in
        withText(meeting.ownAddress) { address in
          withText(meeting.interface) { interface in
            ct_group_join(
              ct_group_options(
                host: host, port: port, rank: Int32(meeting.rank), size: Int32(meeting.size),
                own_address: address, interface_name: interface,
                timeout_milliseconds: Int64(wait), name: name, say: Listener.hear,
                listener: Unmanaged.passUnretained(listener).toOpaque()))
          }
        }
      }
    }
    withExtendedLifetime(listener) {}
    guard let joined else {
      throw Self.failure(
        "joining \(meeting.size) ranks at \(meeting.host):\(meeting.port)", TorchFailure.lastMessage)
    }
    group = joined
  }

  /// Takes what C says.
  private final class Listener {
    private let say: (String) -> Void

    init(_ say: @escaping (String) -> Void) { self.say = say }

    static let hear: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Void = {
      listener, text in
      guard let listener, let text else { return }
      Unmanaged<Listener>.fromOpaque(listener).takeUnretainedValue().say(String(cString: text))
    }
  }

  /// The group that a launcher started this process in; one process alone where none did.
  ///
  /// - Throws: as `Meeting.ofLauncher` and joining.
  public static func ofLauncher(_ environment: [String: String]? = nil) throws -> ProcessGroup {
    try Meeting.ofLauncher(environment).map { try ProcessGroup($0) } ?? .alone
  }

  deinit { if let group { ct_group_leave(group) } }

  /// Tells the others what this rank does, which they say if it stops: `step 12: backward`.
  public func tell(_ word: String) { if let group { ct_group_tell(group, word) } }

  /// Tells the others that this rank has failed, so that their next call throws and says why. Rank 0 returns when they know,
  /// or after some seconds.
  public func fail(_ message: String) {
    guard let group else { return }
    // That it cannot be told changes nothing: they will find out.
    _ = turn.withLock { ct_group_fail(group, message) }
  }

  // MARK: exchanging

  /// The sums of all ranks' numbers, the same on all ranks.
  ///
  /// - Precondition: as many on each rank.
  /// - Throws: `io` with the rank that is to blame.
  public func sum(_ numbers: [Double]) throws -> [Double] {
    guard isShared, !numbers.isEmpty else { return numbers }
    let tensor = TorchTensor(numbers, shape: [numbers.count])
    try sum(tensor)
    return tensor.array(of: Double.self)
  }

  /// Adds a contiguous tensor of one shape and type up over all ranks, in place.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func sum(_ tensor: TorchTensor) throws {
    guard isShared else { return }
    try turn.withLock { try check(ct_group_sum(handle, tensor.handle), "a sum over ranks") }
  }

  /// Whether it is so on any rank.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func any(_ isSo: Bool) throws -> Bool { try sum([isSo ? 1 : 0])[0] > 0 }

  /// Gives all ranks one's contiguous tensor, in place.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func broadcast(_ tensor: TorchTensor, from root: Int = 0) throws {
    precondition((0..<size).contains(root), "rank \(root) of \(size)")
    guard isShared else { return }
    try turn.withLock {
      try check(ct_group_broadcast(handle, tensor.handle, Int32(root)), "a tensor of rank \(root)'s")
    }
  }

  /// All ranks' bytes, in the ranks' order.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    guard isShared else { return [bytes] }
    turn.lock()
    defer { turn.unlock() }
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
  public func barrier() throws {
    guard isShared else { return }
    try turn.withLock { try check(ct_group_barrier(handle), "waiting for all ranks") }
  }

  // MARK: rank 0's word

  /// Rank 0's bytes, on every rank. The others wait as long as rank 0 is alive, were it for hours.
  ///
  /// - Parameter own: on rank 0 its bytes; nil on the others.
  /// - Throws: `io` with the rank that is to blame.
  func word(_ own: [UInt8]?) throws -> [UInt8] {
    turn.lock()
    defer { turn.unlock() }
    if let own {
      try check(ct_group_post(handle, own, own.count), "rank 0's word")
      return own
    }
    var count = 0
    guard let bytes = ct_group_await(handle, &count) else { throw failure("rank 0's word") }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  // MARK: failures

  func check(_ status: Int32, _ operation: String) throws {
    if status != 0 { throw failure(operation) }
  }

  private func failure(_ operation: String) -> TesseraError {
    let message = TorchFailure.lastMessage
    guard let text = ct_group_culprits(handle) else { return Self.failure(operation, message) }
    defer { free(text) }
    return Self.failure(operation, "\(String(cString: text)) (\(message))")
  }

  static func failure(_ operation: String, _ message: String) -> TesseraError {
    TesseraError(.io(operation: operation, code: ECONNABORTED, message: message))
  }
}

extension ProcessGroup.Meeting {
  /// What the launcher that started this process says: torchrun, Open MPI, PMI or Slurm; nil for one process.
  ///
  /// The meeting is at `MASTER_ADDR`:`MASTER_PORT`, or, where all processes are on one machine, at 127.0.0.1:29500. Below
  /// torchrun, whose agent has that port itself, it is one more, and another after each restart. `GLOO_SOCKET_IFNAME` is the
  /// interface, as for PyTorch.
  ///
  /// - Throws: `invalidArgument` for variables that contradict each other, and where nothing tells the address.
  public static func ofLauncher(_ environment: [String: String]? = nil) throws -> Self? {
    // Tasks of an array, and pods of an indexed job, are trainings of their own: nobody told them where to meet.
    let environment = (environment ?? ProcessInfo.processInfo.environment).filter { name, _ in
      !name.hasPrefix("SLURM_ARRAY_") && name != "JOB_COMPLETION_INDEX"
    }
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
    meeting.ranksHere = found.processesHere
    meeting.interface = environment["GLOO_SOCKET_IFNAME"]
    if host == "127.0.0.1" || host == "localhost" { meeting.ownAddress = "127.0.0.1" }
    return meeting
  }
}

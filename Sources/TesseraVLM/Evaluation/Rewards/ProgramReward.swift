private import Foundation
internal import TesseraCore
internal import TesseraData
internal import TesseraText

/// A reward that a program of one's own gives.
///
/// The program reads JSON lines `{"id": 0, "prompt": …, "images": […], "completion": …, "reference": …, "stopped": true}` on
/// its standard input, and answers each with a line `{"id": 0, "reward": 0.5}` on its standard output, in any order. Ids begin
/// anew with each batch. It is started once, by the shell, and must answer all lines of a batch before it waits for more, and
/// flush its output (Python: `print(…, flush=True)`); its input ends when the reward is let go of. Completions have no white
/// space at their ends, as references have none. What it says on its standard error goes to ours.
// @unchecked: the process and its pipes are touched only while `lock` is held.
public final class ProgramReward: Reward, @unchecked Sendable {
  public let name: String
  /// The command, as the shell takes it.
  public let command: String
  /// Seconds that an answer may be waited for.
  public let patience: Double
  private let lock = NSLock()
  private var process: Process?
  private var input: FileHandle?
  private var output: FileHandle?
  /// Threads that write to the program.
  private let writers = DispatchGroup()
  /// What came behind the last whole line.
  private var rest: [UInt8] = []

  /// - Parameter patience: seconds that an answer may be waited for.
  public init(_ command: String, name: String? = nil, patience: Double = 600) {
    (self.command, self.name, self.patience) = (command, name ?? command, patience)
  }

  deinit {
    // Not under a thread that writes: its next piece could go to another file that got the number.
    writers.notify(queue: .global()) { [input] in do { try input?.close() } catch {} }
    // Who does not end at the end of the input is ended.
    if let process { Self.end(process) }
  }

  /// - Throws: `io` where the program cannot be started; `invalidInput` for a line that is no answer, and where one is missing.
  public func scores(_ replies: [Evaluator.Reply]) throws -> [Double] {
    lock.lock()
    defer { lock.unlock() }
    try start()
    let text = replies.enumerated().map { Self.line($0, $1) }.joined()
    let sender = input
    let failed = Guarded<Bool>(false)
    // A pipe holds 64 KiB: who writes all before reading any waits for ever.
    writers.enter()
    let thread = Thread { [writers] in
      defer { writers.leave() }
      // A program that has ended is an error of ours, not the end of this process.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
      do { try sender?.write(contentsOf: Data(text.utf8)) } catch { failed.withLock { $0 = true } }
    }
    thread.start()
    var scores = [Double?](repeating: nil, count: replies.count)
    var missing = replies.count
    while missing > 0 {
      guard let line = try nextLine() else {
        throw ended(failed.withLock { $0 }, first: scores.firstIndex { $0 == nil } ?? 0, missing: missing)
      }
      guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) else { continue }
      let (id, reward) = try Self.answer(line, command)
      guard scores.indices.contains(id), scores[id] == nil else {
        throw fault(
          "one for id \(id), which was not asked for, or twice (asked were 0...\(replies.count - 1))")
      }
      scores[id] = reward
      missing -= 1
    }
    return scores.compactMap { $0 }
  }

  private func start() throws {
    guard process == nil else { return }
    let (process, toProgram, fromProgram) = (Process(), Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    (process.standardInput, process.standardOutput) = (toProgram, fromProgram)
    do { try process.run() } catch {
      throw TesseraError(
        .io(operation: "start the reward's program", code: 0, message: "\(error)"), path: command)
    }
    self.process = process
    (input, output) = (toProgram.fileHandleForWriting, fromProgram.fileHandleForReading)
  }

  private static func line(_ id: Int, _ reply: Evaluator.Reply) -> String {
    let prompt = reply.question.messages.map { message -> String in
      message.content.map { part in
        switch part {
        case .text(let text): text
        case .image: "<image>"
        }
      }.joined()
    }.joined(separator: "\n")
    return JSONText.object([
      ("id", .int(id)), ("prompt", .string(prompt)),
      ("images", .array(reply.question.pictures.map { .string($0.name) })),
      ("completion", .string(reply.answer.trimmed)),
      ("reference", .string(reply.question.reference)), ("stopped", .bool(reply.isStopped)),
    ]).text + "\n"
  }

  /// The next line, without its end; nil where there is none any more.
  private func nextLine() throws -> [UInt8]? {
    while true {
      if let end = rest.firstIndex(of: 0x0A) {
        let line = Array(rest[..<end])
        rest.removeSubrange(...end)
        return line
      }
      guard let output else { return nil }
      guard Self.isReadable(output.fileDescriptor, seconds: patience) else {
        throw fault(
          "none for \(Float(patience)) s (`patience`); a program must flush its output after each batch "
            + "(Python: print(…, flush=True))")
      }
      let more = output.availableData
      if more.isEmpty { return nil }
      rest += more
    }
  }

  private static func isReadable(_ descriptor: Int32, seconds: Double) -> Bool {
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let found = poll(&watched, 1, Int32(min(seconds * 1000, 2e9)))
      if found < 0 && errno == EINTR { continue }
      return found > 0
    }
  }

  private static func answer(_ line: [UInt8], _ command: String) throws -> (Int, Double) {
    let shown = String(decoding: line.prefix(80), as: UTF8.self)
    let value: JSONValue
    do { value = try JSONReader.read(line) } catch {
      throw Self.error("its line '\(shown)', which is no JSON", command)
    }
    let number: Double? =
      switch value["reward"] {
      case .int(let number)?: Double(number)
      case .double(let number)?: number
      default: nil
      }
    guard case .int(let id)? = value["id"], let number else {
      throw Self.error("its line '\(shown)', which has no id, or no reward that is a number", command)
    }
    return (id, number)
  }

  private func ended(_ hasFailedToWrite: Bool, first: Int, missing: Int) -> TesseraError {
    var how = "the end of its output"
    // Who closes its output mostly ends then; who goes on is not waited for.
    for _ in 0..<100 where process?.isRunning ?? false { usleep(10_000) }
    if let process, !process.isRunning {
      let status = process.terminationStatus
      how =
        process.terminationReason == .uncaughtSignal
        ? "its end by signal \(status)"
        : "its end with status \(status)\(status == 127 ? ": the shell found no such command" : "")"
    }
    let read = hasFailedToWrite ? "before it had read all, " : ""
    return fault("\(how), \(read)with \(missing) answers missing, the first for id \(first)")
  }

  private func fault(_ got: String) -> TesseraError {
    if let process { Self.end(process) }
    (process, rest) = (nil, [])
    return Self.error(got, command)
  }

  private static func error(_ got: String, _ command: String) -> TesseraError {
    TesseraError(
      .invalidInput(
        operation: "the reward's program",
        expected: #"a line {"id": …, "reward": …} for each that it is asked"#,
        got: got),
      path: command)
  }

  /// Ends the shell and what it has started.
  private static func end(_ process: Process) {
    guard process.isRunning else { return }
    let number = process.processIdentifier
    // A group of its own: ours would end with it else.
    if number > 0, getpgid(number) == number { kill(-number, SIGTERM) } else { process.terminate() }
  }
}

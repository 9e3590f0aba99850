internal import TesseraCore

/// A line of a run's log: what happened at a step of a stage.
public struct LogEntry: Sendable, Equatable {
  /// What a line tells.
  public enum Kind: String, Sendable, CaseIterable {
    /// A training step.
    case train
    /// The loss on held-out data.
    case validation
    /// What the rollouts of an iteration of reinforcement learning came to.
    case rollout
    /// What answers to held-out prompts came to, during reinforcement learning.
    case look
    /// What the model answered about a fixed picture.
    case sample
    /// The metrics of an evaluation.
    case evaluation
    /// Something that the data or the numbers brought about, and would again: a gradient that was not finite.
    case event
    /// How the process went: started, saved, interrupted, resumed. It hangs on who pressed what when, so it is no part
    /// of what two runs are compared by.
    case session
  }

  public var kind: Kind
  /// The stage's name, unique in the run.
  public var stage: String
  /// The optimiser step, counted from 1 in each stage; 0 for what comes before the first.
  public var step: Int
  /// What the same run on the same machine gives again, in the order of writing.
  public var fields: [(name: String, value: LogValue)]
  /// What the clock and the machine say: rates, waits, memory.
  public var measured: [(name: String, value: LogValue)]

  /// A line to write.
  ///
  /// - Precondition: no field is called as one of those that every line has.
  public init(
    _ kind: Kind, stage: String, step: Int, _ fields: [(name: String, value: LogValue)] = [],
    measured: [(name: String, value: LogValue)] = []
  ) {
    for (name, _) in fields where Self.reserved.contains(name) {
      preconditionFailure("a log line's field cannot be called '\(name)': every line has one")
    }
    (self.kind, self.stage, self.step) = (kind, stage, step)
    (self.fields, self.measured) = (fields, measured)
  }

  /// A field or a measured one by its name; nil if there is none.
  public subscript(name: String) -> LogValue? {
    fields.last { $0.name == name }?.value ?? measured.last { $0.name == name }?.value
  }

  public static func == (a: LogEntry, b: LogEntry) -> Bool { a.line == b.line }

  static let reserved: Set<String> = ["step", "stage", "kind", "measured"]
}

extension LogEntry {
  /// The line as it is written, without its end.
  package var line: String { json(withMeasured: true).text }

  /// The line without what was measured; nil for a line that is not compared.
  package var deterministicLine: String? { kind == .session ? nil : json(withMeasured: false).text }

  private func json(withMeasured: Bool) -> JSONText {
    var members: [(key: String, value: JSONText)] = [
      ("step", .int(step)), ("stage", .string(stage)), ("kind", .string(kind.rawValue)),
    ]
    members += fields.map { ($0.name, $0.value.json) }
    if withMeasured && !measured.isEmpty {
      members.append(("measured", .object(measured.map { ($0.name, $0.value.json) })))
    }
    return .object(members)
  }

  /// Reads a line.
  ///
  /// - Throws: `corrupt`, `truncated`.
  package init(line: [UInt8]) throws {
    let json = try JSONReader.read(line)
    guard case .object(let members) = json, case .int(let step)? = json["step"],
      case .string(let stage)? = json["stage"], case .string(let name)? = json["kind"]
    else { throw Self.corrupt("it has no step, stage and kind") }
    guard let kind = Kind(rawValue: name) else { throw Self.corrupt("'\(name)' is no kind of line") }
    (self.kind, self.stage, self.step) = (kind, stage, step)
    (fields, measured) = ([], [])
    for (name, value) in members where !Self.reserved.contains(name) {
      guard let value = LogValue(value) else { throw Self.corrupt("'\(name)' is \(value.kind)") }
      fields.append((name, value))
    }
    guard let inner = json["measured"] else { return }
    guard case .object(let inner) = inner else {
      throw Self.corrupt("'measured' is \(inner.kind), not an object")
    }
    for (name, value) in inner {
      guard let value = LogValue(value) else { throw Self.corrupt("'\(name)' is \(value.kind)") }
      measured.append((name, value))
    }
  }

  private static func corrupt(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "the log line", detail: detail))
  }
}

/// A place in a pipeline's source, counted from 1. Line 0: made in Swift, no source.
public struct SourceLocation: Sendable, Hashable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static let none = SourceLocation(line: 0, column: 0)
}

/// An argument's value with its place: the one tree that text, YAML and JSON are read into and printed from.
public struct ArgumentNode: Sendable {
  public indirect enum Kind: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    /// A bare word (`bicubic`) or a quoted string.
    case string(String)
    /// `lower...upper`.
    case range(Double, Double)
    case list([ArgumentNode])
    /// A transform with its arguments; a bare word may also stand for one without any.
    case step(StepNode)
  }

  public var kind: Kind
  public var location: SourceLocation

  public init(_ kind: Kind, at location: SourceLocation = .none) {
    self.kind = kind
    self.location = location
  }
}

/// A transform's name and arguments, not yet understood.
public struct StepNode: Sendable {
  public struct Argument: Sendable {
    /// Nil for a positional argument that was read.
    public var name: String?
    /// Whether text leaves the name out: leading arguments that need none.
    var isBare = false
    public var value: ArgumentNode
    public var location: SourceLocation
    public init(name: String?, value: ArgumentNode, location: SourceLocation = .none) {
      self.name = name
      self.value = value
      self.location = location
    }
  }

  public var name: String
  public var arguments: [Argument]
  public var location: SourceLocation

  public init(name: String, arguments: [Argument] = [], location: SourceLocation = .none) {
    self.name = name
    self.arguments = arguments
    self.location = location
  }
}

/// A fault in a pipeline's source, before the excerpt is cut out of it.
struct PipelineFault: Error {
  var message: String
  var location: SourceLocation
}

extension ArgumentNode: CustomStringConvertible {
  /// The value as pipelines' text has it.
  public var description: String { PipelinePrinter.text(self) }

  var isNone: Bool { if case .none = kind { true } else { false } }

  /// How a message quotes the value.
  var quoted: String { PipelinePrinter.text(self) }
}

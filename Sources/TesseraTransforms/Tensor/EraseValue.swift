internal import TesseraCore

/// What erased pixels become.
public enum EraseValue: Sendable, Hashable, Codable {
  /// One value for all channels, or one a channel.
  case values([Double])
  /// Normal noise of mean 0 and deviation 1, each element its own.
  case random

  /// Throws unless there are as many values as channels, or one.
  func check(channels: Int) throws {
    guard case .values(let values) = self, values.count != 1, values.count != channels else { return }
    throw TesseraError(
      .invalidInput(
        operation: "erase", expected: "1 or \(channels) values", got: "\(values.count) values"))
  }
}

extension EraseValue: ArgumentConvertible {
  public static var argumentType: String { "number | [number a channel] | random" }

  public init?(argument: ArgumentNode) throws {
    if case .string("random") = argument.kind {
      self = .random
    } else if let values = try [Double](argument: argument), !values.isEmpty {
      self = .values(values)
    } else {
      return nil
    }
  }

  public var argument: ArgumentNode {
    switch self {
    case .values(let values): values.count == 1 ? values[0].argument : values.argument
    case .random: "random".argument
    }
  }

  public var swiftSource: String {
    switch self {
    case .values(let values): ".values(\(values.swiftSource))"
    case .random: ".random"
    }
  }
}

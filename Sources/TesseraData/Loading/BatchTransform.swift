public import TesseraCore

/// A change of a whole batch: mixing its pictures, say. Runs on the loader's threads.
public protocol BatchTransform: Sendable {
  /// Changes the batch. Never called with an empty one.
  ///
  /// - Parameter random: a stream that hangs on the seed, the rank and the batch's position, and on nothing else.
  func apply(to batch: inout Batch, using random: inout RandomStream) throws

  /// The name and arguments, for a loader's state. By default the type's name.
  var summary: String { get }
}

extension BatchTransform {
  public var summary: String { "\(Self.self)" }
}

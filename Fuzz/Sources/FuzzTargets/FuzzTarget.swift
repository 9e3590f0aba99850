internal import TesseraCore

/// A reader, and what must hold of it whatever bytes it gets.
///
/// The fuzzer (`tools/fuzz`) and the replay of the kept inputs (`Tests/FuzzTests`) call the same function.
public struct FuzzTarget: Sendable {
  /// What the fuzzer's command line and the folders of inputs call it.
  public let name: String
  /// Puts checksums in an input right, in place; nil where there are none.
  public let mend: (@Sendable (UnsafeMutableRawBufferPointer) -> Void)?
  private let run: @Sendable (UnsafeRawBufferPointer) throws -> Void

  init(
    _ name: String, mend: (@Sendable (UnsafeMutableRawBufferPointer) -> Void)? = nil,
    _ run: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
  ) {
    self.name = name
    self.mend = mend
    self.run = run
  }

  /// Gives bytes to the reader. That it refuses them is fine.
  ///
  /// - Throws: `BrokenPromise`, or whatever the reader threw that is no `TesseraError`.
  public func check(_ bytes: UnsafeRawBufferPointer) throws {
    do { try run(bytes) } catch is TesseraError {}
  }

  /// The target of a name; nil if there is none.
  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

  /// All targets.
  public static let all: [FuzzTarget] =
    pictures + containers + texts + records + pipelines + tracking + fonts
}

/// Something that a reader promises, and did not keep.
public struct BrokenPromise: Error, CustomStringConvertible {
  public let description: String

  /// - Throws: itself, unless `holds`.
  static func unless(_ holds: Bool, _ message: @autoclosure () -> String) throws {
    if !holds { throw BrokenPromise(description: message()) }
  }
}

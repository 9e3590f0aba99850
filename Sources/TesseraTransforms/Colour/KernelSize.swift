private import TesseraCore

/// Width and height of a filter's kernel, both odd. A literal is a square.
public struct KernelSize: Sendable, Hashable, ExpressibleByIntegerLiteral {
  public var width: Int
  public var height: Int

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// A square.
  public init(_ side: Int) { self.init(width: side, height: side) }
  public init(integerLiteral value: Int) { self.init(value) }

  func validate() throws {
    guard width > 0, height > 0, width % 2 == 1, height % 2 == 1 else {
      throw TesseraError(
        .invalidArgument(name: "kernel_size", expected: "odd and positive", got: "\(argument.quoted)"))
    }
  }
}

extension KernelSize: ArgumentConvertible {
  /// Width first, as torchvision's `kernel_size`.
  public static var argumentType: String { "side | [width, height]" }

  public init?(argument: ArgumentNode) throws {
    guard let sides = try [Int](argument: argument), let width = sides.first, sides.count <= 2 else {
      return nil
    }
    self.init(width: width, height: sides.count == 2 ? sides[1] : width)
  }

  public var argument: ArgumentNode { width == height ? width.argument : [width, height].argument }

  public var swiftSource: String {
    width == height ? "\(width)" : "KernelSize(width: \(width), height: \(height))"
  }
}

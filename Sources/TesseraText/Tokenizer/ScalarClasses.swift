/// What the splitting rules ask about a character: one byte of flags a code point.
///
/// From Swift's Unicode data. A regex library of another Unicode version may see newly assigned characters
/// otherwise.
///
/// `@unchecked Sendable`: the table is written by `init` and only read afterwards.
final class ScalarClasses: @unchecked Sendable {
  /// General category L.
  static let letter: UInt8 = 1
  /// General category N.
  static let number: UInt8 = 2
  /// White_Space, which is `\s`.
  static let space: UInt8 = 4
  /// Line feed and carriage return; they are spaces too.
  static let newline: UInt8 = 8
  /// Lu, Lt, Lm, Lo, M: what the head of a word is made of in o200k's rule.
  static let upper: UInt8 = 16
  /// Ll, Lm, Lo, M: what the tail of a word is made of in o200k's rule.
  static let lower: UInt8 = 32
  /// `\w`: Alphabetic, M, Nd, Pc, Join_Control.
  static let word: UInt8 = 64

  static let shared = ScalarClasses()

  /// Code points from here on are looked up one by one: rare ideographs, and all that is not assigned.
  private static let tableLimit: UInt32 = 0x20000
  private let table: UnsafeMutablePointer<UInt8>

  private init() {
    table = .allocate(capacity: Int(Self.tableLimit))
    for value in 0..<Self.tableLimit { table[Int(value)] = Self.classify(value) }
  }

  @inline(__always)
  subscript(value: UInt32) -> UInt8 {
    value < Self.tableLimit ? table[Int(value)] : Self.classify(value)
  }

  private static func classify(_ value: UInt32) -> UInt8 {
    guard let scalar = Unicode.Scalar(value) else { return 0 }
    let properties = scalar.properties
    var flags: UInt8 = 0
    switch properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: flags = letter | upper
    case .lowercaseLetter: flags = letter | lower
    case .modifierLetter, .otherLetter: flags = letter | upper | lower
    case .nonspacingMark, .spacingMark, .enclosingMark: flags = upper | lower | word
    case .decimalNumber: flags = number | word
    case .letterNumber, .otherNumber: flags = number
    case .connectorPunctuation: flags = word
    default: break
    }
    if properties.isWhitespace { flags |= space }
    if value == 0x0A || value == 0x0D { flags |= newline }
    if properties.isAlphabetic || properties.isJoinControl { flags |= word }
    return flags
  }
}

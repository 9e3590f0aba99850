/// How BLEU and CIDEr cut texts into words.
public enum MetricTokenizer: String, Sendable, CaseIterable {
  /// The rules of mteval-v13a, as sacrebleu's `13a`: punctuation of ASCII stands alone, except for points and commas
  /// inside of numbers.
  case v13a = "13a"
  /// sacrebleu's `zh`: each Chinese character stands alone, the rest as in `13a`.
  case chinese = "zh"
  /// White space alone; for texts that are cut already.
  case none
  /// Each character (Unicode scalar) that is no white space stands alone, as sacrebleu's `char`.
  case character = "char"
  /// For CIDEr: lower case, words as in `13a`, English endings apart as in the Penn Treebank (`do` `n't`, `it` `'s`), in
  /// Chinese each character alone, and the punctuation left out that COCO's caption evaluation leaves out after the
  /// Treebank's tokenizer. That tokenizer itself, a program in Java, is not built in: for figures to set beside COCO's,
  /// cut texts with it and use `none`.
  case caption

  /// The words of a text.
  public func words(_ text: String) -> [String] {
    let scalars = Self.trimmedEnd(Array(text.unicodeScalars))
    switch self {
    case .none: return Self.split(scalars)
    case .v13a: return Self.split(Self.v13a(scalars))
    case .character: return scalars.filter { !Self.isSpace($0) }.map { String($0) }
    case .chinese: return Self.split(Self.punctuation(Self.spacedChinese(scalars)))
    case .caption:
      let lower = Array(text.lowercased().unicodeScalars).map { $0 == "\u{2019}" ? "'" : $0 }
      return Self.split(Self.punctuation(Self.spacedChinese([" "] + lower + [" "])))
        .flatMap { Self.parted($0) }.filter { !Self.left.contains($0) }
    }
  }

  /// A word and its English ending, where it has one.
  private static func parted(_ word: String) -> [String] {
    if word == "cannot" { return ["can", "not"] }
    for ending in ["n't", "'s", "'m", "'d", "'re", "'ve", "'ll"]
    where word.hasSuffix(ending) && word != ending {
      return [String(word.dropLast(ending.count)), ending]
    }
    return [word]
  }

  /// What COCO's caption evaluation leaves out, of what our words can be (its list names brackets by the Treebank's
  /// words for them), and the full-width signs that stand for the same.
  private static let left: Set<String> = [
    "''", "'", "``", "`", "(", ")", "{", "}", "[", "]", ".", "?", "!", ",", ":", "-", "--", "...", ";", "\"",
    "。", "？", "！", "，", "：", "；", "、", "（", "）", "“", "”",
  ]

  // MARK: the rules of 13a

  private static func v13a(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    // Scalars, since in a `String` a line feed after a carriage return is no character of its own.
    var text = scalars
    for (found, sign) in [
      ("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"),
      ("&gt;", ">"),
    ] {
      text = text.replacing(Array(found.unicodeScalars), with: Array(sign.unicodeScalars))
    }
    return punctuation([" "] + text + [" "])
  }

  /// The four substitutions of mteval-v13a, one after another; each goes through the text from left to right and does
  /// not look again at what it has replaced.
  private static func punctuation(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text: [Unicode.Scalar] = []
    for scalar in scalars { text += isSign(scalar) ? [" ", scalar, " "] : [scalar] }
    // A point or comma after anything but a digit.
    text = replacingPairs(text) {
      !isDigit($0) && isPoint($1)
    } with: {
      [$0, " ", $1, " "]
    }
    // One before anything but a digit.
    text = replacingPairs(text) {
      isPoint($0) && !isDigit($1)
    } with: {
      [" ", $0, " ", $1]
    }
    // A dash after a digit.
    return replacingPairs(text) {
      isDigit($0) && $1 == "-"
    } with: {
      [$0, " ", $1, " "]
    }
  }

  private static func replacingPairs(
    _ scalars: [Unicode.Scalar], where isWanted: (Unicode.Scalar, Unicode.Scalar) -> Bool,
    with replacement: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]
  ) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    var index = 0
    while index < scalars.count {
      if index + 1 < scalars.count && isWanted(scalars[index], scalars[index + 1]) {
        out += replacement(scalars[index], scalars[index + 1])
        index += 2
      } else {
        out.append(scalars[index])
        index += 1
      }
    }
    return out
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
  private static func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

  /// ASCII's signs, without `'`, `,`, `-` and `.`.
  private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
    default: false
    }
  }

  // MARK: Chinese

  private static func spacedChinese(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    for scalar in scalars.drop(while: isSpace) { out += isChinese(scalar) ? [" ", scalar, " "] : [scalar] }
    return out
  }

  /// The ranges of sacrebleu's `zh` as they work there: two of them are written `\u20000` and `\u2f800`, which Python
  /// reads as four digits and one sign, so that U+2001...U+2A6D (dashes and quotes among them) and U+2F81...U+2FA1 count,
  /// and the ideographs beyond U+FFFF do not.
  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3400...0x4DB5, 0x4E00...0x9FBB, 0xF900...0xFA2D, 0xFA30...0xFA6A, 0xFA70...0xFAD9, 0x2001...0x2A6D,
      0x2F81...0x2FA1, 0xFF00...0xFFEF, 0x2E80...0x2EFF, 0x3000...0x303F, 0x31C0...0x31EF, 0x2F00...0x2FDF,
      0x2FF0...0x2FFF, 0x3100...0x312F, 0x31A0...0x31BF, 0xFE10...0xFE1F, 0xFE30...0xFE4F, 0x2600...0x27BF,
      0x3200...0x33FF:
      true
    default: false
    }
  }

  // MARK: white space as Python's `str.split` sees it

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
      0x3000:
      true
    default: false
    }
  }

  private static func trimmedEnd(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var scalars = scalars
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return scalars
  }

  private static func split(_ scalars: [Unicode.Scalar]) -> [String] {
    scalars.split(whereSeparator: isSpace).map { String(String.UnicodeScalarView($0)) }
  }
}

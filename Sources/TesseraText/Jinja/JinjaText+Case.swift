/// Upper and lower case as Python's `str` has them: full mappings, one scalar may become several.
extension JinjaText {
  var uppercased: JinjaText {
    JinjaText(scalars.flatMap { Array($0.properties.uppercaseMapping.unicodeScalars) })
  }

  var lowercased: JinjaText {
    JinjaText(scalars.indices.flatMap { lower(at: $0) })
  }

  /// The first scalar in title case, the others in lower case.
  var capitalized: JinjaText {
    guard let first = scalars.first else { return self }
    return JinjaText(
      Array(first.properties.titlecaseMapping.unicodeScalars)
        + scalars.indices.dropFirst().flatMap { lower(at: $0) })
  }

  /// Python's `str.title`: a cased scalar after one that is not cased starts a word.
  var titled: JinjaText {
    var isInside = false
    var out: [Unicode.Scalar] = []
    for index in scalars.indices {
      let properties = scalars[index].properties
      out += isInside ? lower(at: index) : Array(properties.titlecaseMapping.unicodeScalars)
      isInside = Self.isCased(scalars[index])
    }
    return JinjaText(out)
  }

  /// Jinja's filter `title`: words start after a hyphen, white space or an opening bracket.
  var titledByFilter: JinjaText {
    let starts: Set<Unicode.Scalar> = ["-", "(", "{", "[", "<"]
    var (out, word) = ([Unicode.Scalar](), [Unicode.Scalar]())
    func flush() {
      guard let first = word.first else { return }
      out += JinjaText([first]).uppercased.scalars + JinjaText(word.dropFirst()).lowercased.scalars
      word = []
    }
    for scalar in scalars {
      if starts.contains(scalar) || Self.isSpace(scalar) {
        flush()
        out.append(scalar)
      } else {
        word.append(scalar)
      }
    }
    flush()
    return JinjaText(out)
  }

  /// `isupper` and `islower`: a cased scalar is there, and none of the other case.
  func isAll(upper: Bool) -> Bool {
    var isCased = false
    for scalar in scalars {
      let properties = scalar.properties
      if upper ? properties.isLowercase : properties.isUppercase { return false }
      if properties.generalCategory == .titlecaseLetter { return false }
      if upper ? properties.isUppercase : properties.isLowercase { isCased = true }
    }
    return isCased
  }

  private static func isCased(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isUppercase || scalar.properties.isLowercase
      || scalar.properties.generalCategory == .titlecaseLetter
  }

  /// A sigma at the end of a word has a form of its own (Unicode's Final_Sigma, the one condition that Python knows).
  private func lower(at index: Int) -> [Unicode.Scalar] {
    guard scalars[index] == "\u{3A3}" else {
      return Array(scalars[index].properties.lowercaseMapping.unicodeScalars)
    }
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    let isFinal = before.map(Self.isCased) == true && after.map(Self.isCased) != true
    return [isFinal ? "\u{3C2}" : "\u{3C3}"]
  }
}

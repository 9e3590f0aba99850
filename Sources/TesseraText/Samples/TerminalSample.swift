/// Shows a sample on a terminal: learned tokens green, ignored ones dim, a picture as `<image ×576>`.
public enum TerminalSample {
  /// The sample's text with colours.
  ///
  /// - Parameters:
  ///   - texts: the string of each token.
  ///   - isColored: false for a file or a pipe: learned text then stands in `⟦…⟧`.
  /// - Throws: `invalidInput` where there is not one string for each token.
  ///
  /// **Edge cases**: control characters of tokens are shown as escapes (`\u{1B}`), so that no text of a data set
  /// steers the terminal; the line's ends stay.
  public static func render(_ sample: TokenizedSample, texts: [String], isColored: Bool = true) throws
    -> String
  {
    try SampleRun.check(sample, texts)
    var out = ""
    for run in SampleRun.runs(sample) {
      let text = run.image.map { _ in "<image ×\(run.range.count)>" } ?? plain(texts[run.range].joined())
      guard isColored else {
        out += run.state == .learned ? "⟦\(text)⟧" : text
        continue
      }
      let code = run.state == .learned ? "32" : run.state == .image ? "36" : "2"
      out += "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
    return out + "\n" + SampleRun.share(sample)
      + (sample.cutTokens > 0 ? ", \(sample.cutTokens) cut off" : "") + "\n"
  }

  private static func plain(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      // Besides the controls, the marks that turn the direction of writing.
      let isControl = scalar.properties.generalCategory == .control && scalar != "\n"
      let turns = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      if isControl || turns {
        out += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

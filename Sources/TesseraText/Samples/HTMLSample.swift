internal import TesseraCore
private import Foundation

/// Shows a sample as a page that needs nothing beside it: pictures with their patches, tokens by what they are to the
/// loss, the id of each under the pointer.
public enum HTMLSample {
  /// A picture of the sample as the page shows it.
  public struct Picture: Sendable {
    /// The file: JPEG, PNG or WebP.
    public var bytes: [UInt8]
    /// The patches that the model sees, across and down.
    public var columns: Int
    public var rows: Int

    public init(bytes: [UInt8], columns: Int, rows: Int) {
      self.bytes = bytes
      self.columns = columns
      self.rows = rows
    }
  }

  /// The page.
  ///
  /// - Parameters:
  ///   - texts: the string of each token.
  ///   - pictures: those of the sample, in its order.
  /// - Throws: `invalidInput` where strings or pictures do not go with the sample; `unknownFormat` for bytes that are no
  ///   picture which browsers show.
  public static func page(
    _ sample: TokenizedSample, texts: [String], pictures: [Picture], title: String = "Sample"
  ) throws -> String {
    try SampleRun.check(sample, texts)
    guard pictures.count == sample.imageSpans.count else {
      throw TesseraError(
        .invalidInput(
          operation: "showing a sample", expected: "\(sample.imageSpans.count) pictures",
          got: "\(pictures.count)"))
    }
    let figures = try pictures.enumerated().map { index, picture in
      let tokens = sample.imageSpans.first { $0.image == index }?.range.count ?? 0
      return try figure(picture, index, tokens)
    }
    let cut = sample.cutTokens > 0 ? ", \(sample.cutTokens) cut off" : ""
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(escaped(title))</title>
      <style>
      \(HTMLSampleStyle.sheet)
      </style>
      </head>
      <body>
      <h1>\(escaped(title))</h1>
      <p class="share">\(SampleRun.share(sample))\(cut)</p>
      <div class="bar" role="img" aria-label="\(SampleRun.share(sample))">\(bar(sample))</div>
      <p class="legend"><span class="learned">learned</span> <span class="ignored">ignored</span> \
      <span class="image">image</span> — point at a token for its place and id</p>
      \(figures.joined(separator: "\n"))
      <div class="tokens">\(tokens(sample, texts))</div>
      </body>
      </html>

      """
  }

  private static func figure(_ picture: Picture, _ index: Int, _ tokens: Int) throws -> String {
    guard (1...4096).contains(picture.columns), (1...4096).contains(picture.rows) else {
      throw TesseraError(
        .invalidInput(
          operation: "the patches of picture \(index + 1)", expected: "1 to 4096 across and down",
          got: "\(picture.columns)×\(picture.rows)"))
    }
    // The grid is drawn by the browser: one line a patch, whatever the picture's size.
    let style = "--columns:\(picture.columns);--rows:\(picture.rows)"
    let source = "data:\(try type(picture.bytes));base64,\(Data(picture.bytes).base64EncodedString())"
    return """
      <figure><div class="picture" style="\(style)"><img alt="picture \(index + 1)" src="\(source)"></div>
      <figcaption>picture \(index + 1): \(picture.columns) × \(picture.rows) patches, \(tokens) tokens</figcaption></figure>
      """
  }

  private static func type(_ bytes: [UInt8]) throws -> String {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
    if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
      return "image/webp"
    }
    throw TesseraError(.unknownFormat(firstBytes: Array(bytes.prefix(8))))
  }

  /// The sample from its first to its last token in its colours.
  private static func bar(_ sample: TokenizedSample) -> String {
    SampleRun.runs(sample).map { "<i class=\"\($0.state.rawValue)\" style=\"flex:\($0.range.count)\"></i>" }
      .joined()
  }

  private static func tokens(_ sample: TokenizedSample, _ texts: [String]) -> String {
    SampleRun.runs(sample).map { run in
      if let image = run.image {
        let places =
          "tokens \(run.range.lowerBound)–\(run.range.upperBound - 1), id \(sample.ids[run.range.lowerBound])"
        return "<span class=\"image\" title=\"\(places)\">picture \(image + 1) ×\(run.range.count)</span>"
      }
      return run.range.map { place in
        // A line's end is shown and breaks the line.
        let text = escaped(texts[place]).replacingOccurrences(of: "\n", with: "<b>↵</b>\n")
        return
          "<span class=\"\(run.state.rawValue)\" title=\"token \(place), id \(sample.ids[place])\">\(text)</span>"
      }.joined()
    }.joined()
  }

  /// Text that is no markup; controls as U+FFFD, which HTML has no way to show.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      case _ where scalar.properties.generalCategory == .control: out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// One look at an emoji: its bitmap on a ground of some colour, smaller than the picture and moved in it.
struct EmojiView: Sendable, Hashable {
  /// The bitmap's longer side takes this share of the picture's.
  static let scales = 0.6...1.0

  var background: RGBColor
  var scale: Double
  /// Where the bitmap lies in the room that is left, from 0 (left, top) to 1.
  var x: Double
  var y: Double

  /// Draws a look.
  init(using random: inout RandomStream) {
    background = RGBColor(
      red: UInt8(random.integer(in: 0...255)), green: UInt8(random.integer(in: 0...255)),
      blue: UInt8(random.integer(in: 0...255)))
    scale = random.uniform(Self.scales)
    x = random.uniform()
    y = random.uniform()
  }

  /// The bitmap as it looks in this view.
  ///
  /// - Parameters:
  ///   - png: the bitmap; its transparency shows the ground.
  ///   - side: the picture's side in pixels.
  /// - Throws: what the decoder throws.
  func image(_ png: [UInt8], side: Int) throws -> Image {
    let policy = DecodePolicy(alpha: .composite(background))
    let glyph = try ImageDecoder().decode(png, DecodeRequest(policy: policy))
    let canvas = max(Int((Double(glyph.size.longer) / scale).rounded()), glyph.size.longer)
    let left = Int((Double(canvas - glyph.width) * x).rounded())
    let top = Int((Double(canvas - glyph.height) * y).rounded())
    let pad = Pad(
      EdgeInsets(
        left: left, top: top, right: canvas - glyph.width - left, bottom: canvas - glyph.height - top),
      fill: Fill([Int(background.red), Int(background.green), Int(background.blue)]))
    return try ResizeTo(Size(width: side, height: side)).apply(to: try pad.apply(to: glyph))
  }
}

import Foundation
import Tessera

extension Canvas {
  /// Writes a line of text in letters of `scale` times the tiny font's size.
  mutating func write(_ text: String, x: Int, y: Int, scale: Int, _ colour: RGBColor) {
    for (place, character) in Self.plain(text).enumerated() {
      for (row, bits) in TinyFont.rows(character).enumerated() {
        for column in 0..<TinyFont.width where bits >> (TinyFont.width - 1 - column) & 1 == 1 {
          fill(
            Rect(
              x: x + (place * TinyFont.advance + column) * scale, y: y + row * scale, width: scale,
              height: scale), colour)
        }
      }
    }
  }

  /// The font has no accents: letters lose theirs.
  private static func plain(_ text: String) -> String {
    text.folding(options: .diacriticInsensitive, locale: nil)
  }

  /// Pixels that a text takes.
  static func width(of text: String, scale: Int) -> Int {
    max(text.count * TinyFont.advance - 1, 0) * scale
  }

  /// Lays a colour over a rectangle, as much of it as `weight` of 256 says.
  mutating func blend(_ rect: Rect, _ colour: RGBColor, weight: Int) {
    for y in max(rect.y, 0)..<max(min(rect.bottom, image.height), max(rect.y, 0)) {
      for x in max(rect.x, 0)..<max(min(rect.right, image.width), max(rect.x, 0)) {
        func mixed(_ channel: Int, _ value: UInt8) -> UInt8 {
          UInt8((image[x, y, channel] * (256 - weight) + Int(value) * weight) / 256)
        }
        let colour = RGBColor(
          red: mixed(0, colour.red), green: mixed(1, colour.green), blue: mixed(2, colour.blue))
        fill(Rect(x: x, y: y, width: 1, height: 1), colour)
      }
    }
  }
}

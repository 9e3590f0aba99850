import Tessera

/// An RGB picture to draw on.
struct Canvas {
  private(set) var image: Image

  init(_ size: Size, _ colour: RGBColor) {
    image = Image(size: size, format: .rgb)
    fill(image.bounds, colour)
  }

  /// Fills a rectangle; what lies outside of the picture is left out.
  mutating func fill(_ rect: Rect, _ colour: RGBColor) {
    let (width, height) = (image.width, image.height)
    image.withUnsafeMutableBytes { bytes in
      for y in max(rect.y, 0)..<max(min(rect.bottom, height), max(rect.y, 0)) {
        for x in max(rect.x, 0)..<max(min(rect.right, width), max(rect.x, 0)) {
          let at = (y * width + x) * 3
          (bytes[at], bytes[at + 1], bytes[at + 2]) = (colour.red, colour.green, colour.blue)
        }
      }
    }
  }

  /// Lays a picture with its top left corner at (x, y); transparent pixels show a chequered ground.
  mutating func draw(_ picture: Image, x: Int, y: Int) {
    let (width, height, channels) = (image.width, image.height, picture.channels)
    let isGray = picture.format.colourChannels == 1
    image.withUnsafeMutableBytes { target in
      picture.withUnsafeBytes { source in
        for row in 0..<picture.height where (0..<height).contains(y + row) {
          for column in 0..<picture.width where (0..<width).contains(x + column) {
            let from = (row * picture.width + column) * channels
            let to = ((y + row) * width + x + column) * 3
            let ground = (row / 8 + column / 8) % 2 == 0 ? 255 : 208
            let alpha = picture.format.hasAlpha ? Int(source[from + channels - 1]) : 255
            for c in 0..<3 {
              let value = Int(source[from + (isGray ? 0 : c)])
              target[to + c] = UInt8((value * alpha + ground * (255 - alpha) + 127) / 255)
            }
          }
        }
      }
    }
  }

  /// Writes a line of text with its top left corner at (x, y).
  mutating func write(_ text: String, x: Int, y: Int, _ colour: RGBColor) {
    for (place, character) in text.enumerated() {
      for (row, bits) in TinyFont.rows(character).enumerated() {
        for column in 0..<TinyFont.width where bits >> (TinyFont.width - 1 - column) & 1 == 1 {
          fill(Rect(x: x + place * TinyFont.advance + column, y: y + row, width: 1, height: 1), colour)
        }
      }
    }
  }
}

import Tessera

/// A part of the sheet: a ground, a title, a line of summary, and a drawing below.
struct ChartPanel {
  static let ground = RGBColor(red: 33, green: 36, blue: 43)
  static let ink = RGBColor(red: 226, green: 229, blue: 234)
  static let faint = RGBColor(red: 148, green: 155, blue: 167)
  static let grid = RGBColor(red: 54, green: 59, blue: 69)
  static let bar = RGBColor(red: 92, green: 160, blue: 226)
  static let warm = RGBColor(red: 232, green: 158, blue: 84)
  static let bad = RGBColor(red: 226, green: 96, blue: 96)
  /// Of every text but the sheet's title.
  static let scale = 2
  static let lineHeight = TinyFont.height * scale + 8
  private static let margin = 18

  var frame: Rect
  var title: String
  var summary: String

  /// Where the drawing goes.
  var inside: Rect {
    let top = Self.margin + 2 * Self.lineHeight + 8
    return Rect(
      x: frame.x + Self.margin, y: frame.y + top, width: frame.width - 2 * Self.margin,
      height: frame.height - top - Self.margin)
  }

  /// Draws all but the drawing.
  func draw(on canvas: inout Canvas) {
    canvas.fill(frame, Self.ground)
    let room = frame.width - 2 * Self.margin
    let y = frame.y + Self.margin
    canvas.write(
      Self.fitted(title, room), x: frame.x + Self.margin, y: y, scale: Self.scale, Self.ink)
    canvas.write(
      Self.fitted(summary, room), x: frame.x + Self.margin, y: y + Self.lineHeight, scale: Self.scale,
      Self.faint)
  }

  /// The start of a text, as much of it as fits.
  static func fitted(_ text: String, _ width: Int) -> String {
    let letters = max(width / (TinyFont.advance * scale), 1)
    return text.count <= letters ? text : text.prefix(letters - 1) + "…"
  }
}

internal import TesseraCodecs

/// The colours of Shapes.
public enum ShapesColour: String, Sendable, Hashable, Codable, CaseIterable {
  case red, green, blue, yellow, white, purple

  /// What is painted before the noise. Far from each other, and from every background.
  var paint: RGBColor {
    switch self {
    case .red: RGBColor(red: 220, green: 50, blue: 47)
    case .green: RGBColor(red: 60, green: 180, blue: 75)
    case .blue: RGBColor(red: 50, green: 110, blue: 240)
    case .yellow: RGBColor(red: 240, green: 210, blue: 50)
    case .white: RGBColor(red: 240, green: 240, blue: 240)
    case .purple: RGBColor(red: 160, green: 70, blue: 200)
    }
  }
}

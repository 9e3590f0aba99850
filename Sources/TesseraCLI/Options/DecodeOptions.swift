import ArgumentParser
import Tessera

/// How pictures are decoded: a profile, and answers that differ from it.
struct DecodeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "tessera (the default), or pillow: exactly Image.open(f).convert(\"RGB\"). pillow@11, pillow@12.3 and "
        + "pillow@13 also name the release whose resizing is meant (default: pillow@13).",
      valueName: "profile"))
  var profile = "tessera"

  @Option(help: "EXIF orientation: apply or ignore.")
  var orientation: DecodePolicy.Orientation?

  @Option(name: .customLong("16-bit"), help: "16-bit samples: scale, clip (as Pillow) or keep.")
  var sixteenBit: DecodePolicy.SixteenBit?

  @Option(
    help: ArgumentHelp("Transparency: drop, keep, or a colour to lay it on (#ffffff).", valueName: "alpha"))
  var alpha: AlphaArgument?

  @Option(help: "Colour profiles: ignore or srgb (convert).")
  var icc: ICCArgument?

  @Option(help: "Pixels out: rgb, or stored (gray stays gray).")
  var colour: ColourArgument?

  @Flag(help: "Fill what a truncated file lacks, as Pillow's LOAD_TRUNCATED_IMAGES, instead of an error.")
  var fillTruncated = false

  @Option(
    help: ArgumentHelp(
      "exact (the default), or fast: pictures that are made smaller are decoded smaller (JPEG) and averaged down first, "
        + "as by Pillow's draft and reducing_gap=2; pixels differ a little. fast:3 keeps a gap of 3.",
      valueName: "scale"))
  var decodeScale: DecodeScale?

  @Option(help: ArgumentHelp("Refuse pictures of more pixels (default: 268435456).", valueName: "n"))
  var maxPixels: Int?

  mutating func validate() throws {
    if let maxPixels, maxPixels < 1 {
      throw ValidationError("--max-pixels must be at least 1, got \(maxPixels)")
    }
    _ = try named()
  }

  /// The profile, before single answers change it.
  private func named() throws -> (name: String, policy: DecodePolicy, generation: PillowGeneration) {
    if profile == "tessera" { return (profile, .tessera, .newest) }
    if profile == "pillow" { return (PillowGeneration.newest.rawValue, .pillow, .newest) }
    if let generation = PillowGeneration(rawValue: profile) { return (profile, .pillow, generation) }
    let allowed = ["tessera", "pillow"] + PillowGeneration.allCases.map(\.rawValue)
    throw ValidationError("--profile must be one of \(allowed.joined(separator: ", ")), got '\(profile)'")
  }

  /// What the options come to. A policy that differs from its profile is called `tessera+`.
  func resolve() throws -> (name: String, policy: DecodePolicy, generation: PillowGeneration) {
    var (name, policy, generation) = try named()
    let before = policy
    if let orientation { policy.orientation = orientation }
    if let sixteenBit { policy.sixteenBit = sixteenBit }
    if let alpha { policy.alpha = alpha.value }
    if let icc { policy.icc = icc == .srgb ? .convertToSRGB : .ignore }
    if let colour { policy.output = colour == .stored ? .asStored : .rgb }
    if fillTruncated { policy.truncated = .fillGray }
    if let decodeScale { policy.decodeScale = decodeScale }
    if let maxPixels { policy.limits.pixels = maxPixels }
    if policy != before { name += "+" }
    return (name, policy, generation)
  }
}

extension DecodeScale: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension DecodePolicy.Orientation: ExpressibleByArgument {}
extension DecodePolicy.SixteenBit: ExpressibleByArgument {}
extension JPEGEncoder.Subsampling: ExpressibleByArgument {}
extension PreprocessJob.Format: ExpressibleByArgument {}
extension PreprocessJob.ErrorPolicy: ExpressibleByArgument {}

/// `--icc`.
enum ICCArgument: String, ExpressibleByArgument, CaseIterable { case ignore, srgb }

/// `--colour`.
enum ColourArgument: String, ExpressibleByArgument, CaseIterable { case rgb, stored }

/// `--alpha`: a word or a colour.
struct AlphaArgument: ExpressibleByArgument {
  var value: DecodePolicy.Alpha

  init?(argument: String) {
    switch argument {
    case "drop": value = .drop
    case "keep": value = .keep
    default:
      let digits = argument.hasPrefix("#") ? argument.dropFirst() : Substring(argument)
      guard digits.utf8.count == 6, let number = UInt32(digits, radix: 16) else { return nil }
      value = .composite(
        RGBColor(
          red: UInt8(number >> 16), green: UInt8(number >> 8 & 255), blue: UInt8(number & 255)))
    }
  }
}

extension DecodePolicy {
  /// In one line, for a command that says what it resolved.
  var summary: String {
    let transparency =
      switch alpha {
      case .drop: "drop"
      case .keep: "keep"
      case .composite(let c): "on (\(c.red), \(c.green), \(c.blue))"
      }
    var parts = [
      "orientation \(orientation.rawValue)", "16 bit \(sixteenBit.rawValue)", "alpha \(transparency)",
      "ICC \(icc == .ignore ? "ignore" : "to sRGB")", output == .rgb ? "rgb" : "colours as stored",
    ]
    if decodeScale != .exact { parts.append("decode scale \(decodeScale)") }
    if truncated == .fillGray { parts.append("truncated files filled") }
    return parts.joined(separator: ", ")
  }
}

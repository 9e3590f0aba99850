internal import TesseraCore
internal import TesseraCorpora

extension FuzzTarget {
  static let fonts = [
    FuzzTarget("font") { bytes in
      let font = try EmojiFont(bytes: Array(bytes))
      for scalar in ["A", "\u{A9}", "\u{263A}", "\u{1F600}", "\u{1F601}", "\u{10FFFF}"] as [Unicode.Scalar] {
        do { _ = try font.picture(of: scalar) } catch is TesseraError {}
      }
    },
    FuzzTarget("names") { bytes in
      let names = try EmojiNames("en", xml: Array(bytes))
      for scalar in names.scalars {
        try BrokenPromise.unless(names[scalar]?.isEmpty == false, "\(scalar) has an empty name")
      }
    },
  ]
}

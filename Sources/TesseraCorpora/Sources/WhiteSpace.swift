/// White space as Unicode has it; ASCII, which most text is, without a look into its tables.
enum WhiteSpace {
  static func holds(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    return value < 0x80 ? value == 0x20 || (0x09...0x0D).contains(value) : scalar.properties.isWhitespace
  }
}

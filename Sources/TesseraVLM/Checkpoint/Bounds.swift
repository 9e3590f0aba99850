/// What the numbers of a config may be at most: far beyond any model, and so small that no count of parameters or bytes
/// overflows and no list of names fills the memory.
///
/// The largest product is 3 MLP matrices · 2²⁰ · 2²⁰ · 2¹² layers < 2⁵⁴, and training takes 16 bytes of each.
enum Bounds {
  static let layers = 1 << 12
  /// Of a token, and between the layers of an MLP.
  static let width = 1 << 20
  static let vocabulary = 1 << 24
  static let heads = 1 << 12
  static let headWidth = 1 << 10
  static let channels = 1 << 10
  static let patch = 1 << 12
  /// Along a side.
  static let patches = 1 << 12
}

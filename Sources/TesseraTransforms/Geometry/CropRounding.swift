/// How the corner of a centred rectangle is rounded when it falls between two pixels.
public enum CropRounding: String, Sendable, Hashable, Codable, CaseIterable, WordArgument {
  /// To the even pixel: torchvision's (a picture too small gets the odd pixel on the right and at the bottom).
  case halfEven = "half_even"
  /// Down: Hugging Face's processors' (a picture too small gets the odd pixel on the left and at the top).
  case floor

  /// The offset of `inner` centred in `outer` pixels, `inner` ≤ `outer`.
  func offset(of inner: Int, in outer: Int) -> Int {
    let rest = outer - inner
    switch self {
    case .floor: return rest / 2
    case .halfEven: return rest % 2 == 0 ? rest / 2 : (rest / 2 + 1) & ~1
    }
  }

  /// Pixels before and after `length` that make up `wanted`; none if it is long enough.
  func padding(of length: Int, to wanted: Int) -> (before: Int, after: Int) {
    let missing = max(0, wanted - length)
    let (less, more) = (missing / 2, (missing + 1) / 2)
    return self == .halfEven ? (less, more) : (more, less)
  }
}

/// Names long arguments in a sampler's `summary` by a hash.
enum SamplerDigest {
  /// How many there are and the first 16 digits of their SHA-256.
  static func short(_ numbers: some Collection<Int>) -> String {
    var digest = Digest()
    digest.update(numbers.count)
    // In pieces, as a number alone is too little work for a call of the library.
    var piece: [Int64] = []
    piece.reserveCapacity(4096)
    for number in numbers {
      piece.append(Int64(number).littleEndian)
      if piece.count == 4096 {
        piece.withUnsafeBytes { digest.update($0) }
        piece.removeAll(keepingCapacity: true)
      }
    }
    piece.withUnsafeBytes { digest.update($0) }
    return "\(numbers.count)#\(digest.hex().prefix(16))"
  }

  /// The length of a text and the first 16 digits of its SHA-256.
  static func short(_ text: String) -> String {
    "\(text.utf8.count)#\(Digest.hex(of: Array(text.utf8)).prefix(16))"
  }
}

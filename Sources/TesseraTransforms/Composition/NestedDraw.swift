import TesseraCore

extension Draw {
  /// What several transforms draw one after another, each for the picture that the one before leaves.
  ///
  /// Each has a stream of its own, so how much one takes changes no other.
  static func operations(
    of transforms: some Sequence<any ImageTransform>, for picture: PictureInfo,
    using random: inout RandomStream
  ) throws -> [any Operation] {
    var draw = Draw(input: picture)
    for transform in transforms {
      var stream = random.split()
      try draw.append(transform, using: &stream)
    }
    return draw.operations
  }
}

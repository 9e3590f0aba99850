/// Where pieces of remote shards are kept: in memory or in a folder.
package protocol PieceCache: AnyObject, Sendable {
  /// Copies a part of a piece; what became of it.
  ///
  /// - Parameter target: as many bytes as the range has.
  func read(_ key: PieceKey, _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) -> PieceState
  /// Keeps a piece if there is room for it.
  func store(_ bytes: [UInt8], as key: PieceKey)
  /// Whether there may be pieces of a version of this object from an earlier process.
  func knows(family: String) -> Bool
}

/// What a cache had of a piece.
package enum PieceState {
  case there, missing
  /// It was there, and its checksum did not fit; it is gone now.
  case damaged
}

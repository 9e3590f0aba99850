/// Which piece of which object.
package struct PieceKey: Hashable, Sendable {
  /// The version of the object (`RemoteVersion.key`): 32 hexadecimal digits.
  package var object: String
  /// 16 hexadecimal digits that all versions of an object share.
  package var family: String
  package var number: Int
  /// The bytes that the piece has.
  package var count: Int

  package init(object: String, family: String, number: Int, count: Int) {
    (self.object, self.family, self.number, self.count) = (object, family, number, count)
  }
}

/// Where the pictures of a split go, one after another.
protocol CorpusSink {
  func write(_ index: Int, _ picture: CorpusPicture) throws
  /// Writes what is still held.
  func finish() throws
}

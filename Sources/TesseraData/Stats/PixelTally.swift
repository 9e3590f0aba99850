internal import TesseraCore

/// Sums over the pixels of pictures of one layout; whole numbers throughout.
struct PixelTally: Sendable {
  var pictures = 0
  /// Over all pixels.
  var moments: [Moments]
  /// Sums of each picture's own mean and mean square, in units of 2⁻⁴⁰: adding doubles would depend on the order.
  var means: [UInt128]
  var meanSquares: [UInt128]
  /// 256 counts a channel, or nothing.
  var counts: [Int] = []

  init(channels: Int) {
    moments = Array(repeating: Moments(), count: channels)
    means = Array(repeating: 0, count: channels)
    meanSquares = means
  }

  /// Adds a picture; one without pixels adds nothing.
  mutating func add(_ image: Image, countingValues: Bool) {
    guard image.size.area > 0 else { return }
    pictures += 1
    for (channel, own) in image.moments().enumerated() {
      moments[channel] += own
      // Σv² < 2⁶⁴, so that nothing is lost above; below, each picture loses less than 2⁻⁴⁰ of one level.
      means[channel] += own.sum << 40 / UInt128(own.count)
      meanSquares[channel] += own.sumOfSquares << 40 / UInt128(own.count)
    }
    if countingValues { addCounts(image.valueCounts()) }
  }

  mutating func merge(_ other: PixelTally) {
    pictures += other.pictures
    for channel in moments.indices {
      moments[channel] += other.moments[channel]
      means[channel] += other.means[channel]
      meanSquares[channel] += other.meanSquares[channel]
    }
    addCounts(other.counts)
  }

  private mutating func addCounts(_ more: [Int]) {
    if counts.isEmpty { counts = more } else { for i in more.indices { counts[i] += more[i] } }
  }
}

internal import TesseraCore

/// One source of a mixture in one epoch: its sampler's orders, pass after pass.
struct MixturePasses: Sendable {
  private let source: MixtureSource
  private let number: Int
  private let epoch: UInt64
  private var orders: [SampleOrder] = []
  /// Where each pass begins; and where the last one ends.
  private var starts = [0]

  /// - Throws: `invalidInput` if the source gives no sample; what its sampler throws.
  init(_ source: MixtureSource, number: Int, epoch: UInt64) throws {
    self.source = source
    self.number = number
    self.epoch = epoch
    try cover(1)
  }

  /// Where the first pass ends.
  var firstEnd: Int { starts[1] }

  /// Adds passes until there are `count` samples.
  mutating func cover(_ count: Int) throws {
    while starts[starts.count - 1] < count {
      // An odd constant (2⁶⁴ over the golden ratio), whose low 32 bits are odd too: torch's seeds keep only those.
      let order = try source.sampler.order(epoch: epoch &+ UInt64(orders.count) &* 0x9E37_79B9_7F4A_7C15)
      guard order.count > 0 else {
        throw TesseraError(
          .invalidInput(
            operation: "mixture", expected: "sources with samples",
            got: "none in source \(number), pass \(orders.count)"))
      }
      orders.append(order)
      starts.append(starts[starts.count - 1] + order.count)
    }
  }

  /// The sample of the source's `turn`-th turn. Traps if the sampler names one that the dataset does not have.
  subscript(turn: Int) -> SampleKey {
    // Nearly always all passes have one length, and the guess is right.
    var pass = min(turn / firstEnd, orders.count - 1)
    while turn < starts[pass] { pass -= 1 }
    while turn >= starts[pass + 1] { pass += 1 }
    let key = orders[pass][turn - starts[pass]]
    precondition(
      key.index >= 0 && key.index < source.count,
      "source \(number) of a mixture has \(source.count) samples, its sampler named sample \(key.index)")
    return key.again(pass: pass, .mixture)
  }
}

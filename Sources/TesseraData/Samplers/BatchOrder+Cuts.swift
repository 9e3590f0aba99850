extension BatchOrder {
  /// Batches that are pieces of a list.
  ///
  /// - Parameters:
  ///   - order: the samples.
  ///   - starts: where each batch begins in `order`, from 0; and the end.
  ///   - shuffle: the order of the batches; nil for the list's.
  init(cutting order: [UInt32], at starts: [Int], shuffle: KeyedPermutation?) {
    self.init(count: starts.count - 1, sampleCount: order.count) { position in
      let batch = shuffle.map { $0[position] } ?? position
      return order[starts[batch]..<starts[batch + 1]].map { SampleKey(Int($0)) }
    }
  }
}

extension [Int] {
  /// The last place of an ascending list, which begins with 0, that holds no more than `value`. Of equal neighbours
  /// the last: an empty piece holds nothing.
  func lastPlace(notAbove value: Int) -> Int {
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if self[middle] <= value { low = middle } else { high = middle }
    }
    return low
  }
}

/// The keys and values of the tokens that a decoder has seen: what the next token attends to without computing it
/// again.
///
/// Not for two threads at once: whoever generates owns it.
public final class KeyValueCache {
  /// Keys and values of each layer, `[B, heads, capacity, headSize]`; empty before the first token.
  private var layers: [(keys: TorchTensor, values: TorchTensor)?]
  /// Tokens that every layer holds.
  public private(set) var count = 0
  /// Tokens that there is room for.
  private var capacity: Int

  /// - Parameter capacity: tokens to make room for at once; more is made when they are full.
  public init(layers: Int, capacity: Int = 256) {
    self.layers = Array(repeating: nil, count: layers)
    self.capacity = max(1, capacity)
  }

  /// Adds the newest tokens' keys and values to a layer, and gives all of it.
  ///
  /// - Shape: `[B, heads, T, headSize]` → `[B, heads, count + T, headSize]`, views on the cache.
  func extend(_ layer: Int, keys: TorchTensor, values: TorchTensor) -> (
    keys: TorchTensor, values: TorchTensor
  ) {
    let added = keys.size(2)
    reserve(count + added)
    let stored = layers[layer] ?? (empty(like: keys), empty(like: values))
    let grown = (fit(stored.0), fit(stored.1))
    layers[layer] = grown
    grown.0.narrow(2, start: count, count: added).copy(from: keys)
    grown.1.narrow(2, start: count, count: added).copy(from: values)
    return (
      grown.0.narrow(2, start: 0, count: count + added), grown.1.narrow(2, start: 0, count: count + added)
    )
  }

  /// Counts tokens that every layer has got.
  func advance(by tokens: Int) { count += tokens }

  /// Forgets all tokens but the first `kept`.
  public func truncate(to kept: Int) {
    precondition(kept >= 0 && kept <= count, "\(kept) of \(count) tokens")
    count = kept
  }

  /// Makes texts of the cache's texts: each number is the one that a new text goes on from.
  func branch(_ texts: [Int]) {
    let index = TorchTensor(texts.map { Int64($0) }, shape: [texts.count])
    layers = layers.map { layer in
      layer.map { layer in
        let index = index.to(device: layer.keys.device)
        return (layer.keys.indexSelect(0, index), layer.values.indexSelect(0, index))
      }
    }
  }

  private func reserve(_ tokens: Int) {
    while capacity < tokens { capacity *= 2 }
  }

  private func empty(like tensor: TorchTensor) -> TorchTensor {
    var shape = tensor.shape
    shape[2] = capacity
    return TorchTensor.empty(shape, type: tensor.type, device: tensor.device)
  }

  private func fit(_ tensor: TorchTensor) -> TorchTensor {
    guard tensor.size(2) < capacity else { return tensor }
    let larger = empty(like: tensor)
    larger.narrow(2, start: 0, count: count).copy(from: tensor.narrow(2, start: 0, count: count))
    return larger
  }
}

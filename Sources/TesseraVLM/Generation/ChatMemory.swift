/// What a model has seen of a conversation: so that a turn costs its own tokens only.
public final class ChatMemory {
  /// The tokens that the cache holds.
  var ids: [Int] = []
  /// The pictures in them, by the identity of their pixels.
  var pixels: [TorchTensor] = []
  var imageSpans: [Range<Int>] = []
  var cache: KeyValueCache

  /// An empty memory for a model.
  public init(_ model: any GenerativeModel) { cache = KeyValueCache(layers: model.text.layers) }

  /// How many of a prompt's first tokens are known, at most all but one; no picture is known by half.
  func known(of prompt: Prompt) -> Int {
    var count = zip(ids, prompt.ids).prefix { $0 == $1 }.count
    count = min(count, prompt.ids.count - 1)
    for (number, span) in prompt.imageSpans.enumerated() where span.lowerBound < count {
      let isSame =
        number < pixels.count && imageSpans[number] == span
        && pixels[number].isSame(as: prompt.pixels[number])
      if !isSame || span.upperBound > count { return span.lowerBound }
    }
    return count
  }

  /// Forgets all tokens but the first `kept`.
  func truncate(to kept: Int) {
    cache.truncate(to: kept)
    ids = Array(ids.prefix(kept))
  }

  /// Keeps what the cache holds of a prompt and its answer.
  func remember(_ prompt: Prompt, _ answer: [Int]) {
    ids = Array((prompt.ids + answer).prefix(cache.count))
    (pixels, imageSpans) = (prompt.pixels, prompt.imageSpans)
  }
}

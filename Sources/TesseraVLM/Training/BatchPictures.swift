internal import TesseraCore
internal import TesseraData

/// A batch's pictures as the tower takes them.
struct BatchPictures {
  private let stack: TorchTensor?
  private let list: [TorchTensor]

  init(_ batch: Batch) throws {
    list = batch.imageList.map { TorchTensor(sharing: $0) }
    stack = batch.images.shape.count == 4 ? TorchTensor(sharing: batch.images) : nil
  }

  func tokens(_ index: Int, _ config: LlavaConfig) -> Int {
    let shape = stack?.shape ?? list[index].shape
    return config.imageTokens(height: shape[shape.count - 2], width: shape[shape.count - 1])
  }

  /// Some pictures in order, neighbours of one size together.
  func groups(_ indices: [Int]) -> [TorchTensor] {
    guard let first = indices.first, let last = indices.last else { return [] }
    if let stack {
      // The rows of a step stand one after another, and so do their pictures: no copy.
      if last - first + 1 == indices.count { return [stack.narrow(0, start: first, count: indices.count)] }
      return [stack.indexSelect(0, TorchTensor(indices.map { Int64($0) }, shape: [indices.count]))]
    }
    var groups: [[TorchTensor]] = []
    for index in indices {
      if let before = groups.last?.last, before.shape == list[index].shape {
        groups[groups.count - 1].append(list[index])
      } else {
        groups.append([list[index]])
      }
    }
    return groups.map { TorchTensor.stack($0) }
  }
}

/// Indices in little memory: nothing but two ends for a run, four bytes each where they fit.
enum IndexList: Sendable {
  case range(Range<Int>)
  case narrow([UInt32])
  case wide([Int])

  /// Traps on negative indices.
  init(_ indices: [Int]) {
    precondition(indices.allSatisfy { $0 >= 0 }, "an index below 0")
    if let first = indices.first, zip(indices, indices.dropFirst()).allSatisfy({ $0 + 1 == $1 }) {
      self = .range(first..<first + indices.count)
    } else if indices.allSatisfy({ $0 <= UInt32.max }) {
      self = .narrow(indices.map { UInt32($0) })
    } else {
      self = .wide(indices)
    }
  }

  var count: Int {
    switch self {
    case .range(let range): range.count
    case .narrow(let list): list.count
    case .wide(let list): list.count
    }
  }

  subscript(position: Int) -> Int {
    switch self {
    case .range(let range):
      precondition(position >= 0 && position < range.count, "position \(position) of \(range.count)")
      return range.lowerBound + position
    case .narrow(let list): return Int(list[position])
    case .wide(let list): return list[position]
    }
  }

  /// Adds what the list holds to a digest, however it is kept.
  func update(_ digest: inout Digest) {
    digest.update(count)
    for position in 0..<count { digest.update(self[position]) }
  }
}

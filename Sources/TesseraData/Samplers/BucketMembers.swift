/// The samples of each bucket, bucket after bucket, in ascending order within each.
struct BucketMembers: Sendable {
  private let members: [UInt32]
  /// Where each bucket begins in `members`; and the end.
  let starts: [Int]

  /// - Parameters:
  ///   - buckets: the bucket of each sample; at most 2³² samples.
  ///   - count: how many buckets there are.
  init(_ buckets: [Int], count: Int) {
    var starts = [Int](repeating: 0, count: count + 1)
    for bucket in buckets { starts[bucket + 1] += 1 }
    for bucket in 0..<count { starts[bucket + 1] += starts[bucket] }
    var next = starts
    var members = [UInt32](repeating: 0, count: buckets.count)
    for (index, bucket) in buckets.enumerated() {
      members[next[bucket]] = UInt32(index)
      next[bucket] += 1
    }
    self.members = members
    self.starts = starts
  }

  /// How many samples a bucket has.
  func count(of bucket: Int) -> Int { starts[bucket + 1] - starts[bucket] }

  /// A bucket's member by its place.
  func member(_ place: Int, of bucket: Int) -> Int { Int(members[starts[bucket] + place]) }
}

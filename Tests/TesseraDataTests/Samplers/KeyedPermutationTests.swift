import Tessera
import Testing

@Suite("keyed permutation")
struct KeyedPermutationTests {
  @Test("holds every number once, and the inverse finds it")
  func bijection() {
    let counts =
      Array(0...130) + [1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 10_007, 65_536, 65_537]
    for count in counts {
      for seed in [0, 1, UInt64.max] {
        let permutation = KeyedPermutation(count: count, seed: seed, epoch: 5)
        var seen = [Bool](repeating: false, count: count)
        for position in 0..<count {
          let number = permutation[position]
          seen[number] = true
          #expect(permutation.position(of: number) == position)
        }
        #expect(seen.allSatisfy { $0 }, "count \(count), seed \(seed)")
      }
    }
  }

  @Test("works up to the largest count", arguments: [1 << 31, 1 << 32 + 1, 1 << 53 - 1, 1 << 62, Int.max])
  func large(count: Int) {
    let permutation = KeyedPermutation(count: count, seed: 9)
    var random = RandomStream(seed: 8)
    for position in [0, 1, count / 2, count - 1] + (0..<100).map({ _ in random.integer(in: 0...count - 1) }) {
      let number = permutation[position]
      #expect((0..<count).contains(number) && permutation.position(of: number) == position)
    }
  }

  @Test("small counts have every order equally often")
  func small() {
    var seen: [[Int]: Int] = [:]
    for seed in 0..<24_000 {
      let permutation = KeyedPermutation(count: 4, seed: UInt64(seed))
      seen[(0..<4).map { permutation[$0] }, default: 0] += 1
    }
    let chi = PermutationStatistics.chiSquare(Array(seen.values), 24_000)
    #expect(seen.count == 24 && PermutationStatistics.deviation(chiSquare: chi, freedom: 23) < 4)
  }

  @Test("the pinned orders change only on purpose")
  func pinned() {
    let small = KeyedPermutation(count: 10, seed: 42, epoch: 1)
    #expect((0..<10).map { small[$0] } == [9, 7, 5, 4, 0, 3, 2, 1, 8, 6])
    let large = KeyedPermutation(count: 1_281_167, seed: 42, epoch: 1)
    #expect((0..<6).map { large[$0] } == [494_548, 415_828, 859_755, 904_739, 430_679, 556_428])
    let huge = KeyedPermutation(count: Int.max, seed: 42)
    #expect((0..<2).map { huge[$0] } == [6_194_856_908_459_327_548, 7_034_352_806_987_031_085])
  }
}

// swift-tools-version: 6.1
import PackageDescription

// Programs that measure the library from outside, as its users see it: `swift run -c release --package-path Benchmarks …`.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "tessera", path: "..")],
  targets: [
    .executableTarget(
      name: "LoaderScale", dependencies: [.product(name: "Tessera", package: "tessera")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    .executableTarget(
      name: "LoaderPeer", dependencies: [.product(name: "Tessera", package: "tessera")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    // Needs libtorch, unlike the others.
    .executableTarget(
      name: "GenerateSpeed", dependencies: [.product(name: "TesseraVLM", package: "tessera")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
  ]
)

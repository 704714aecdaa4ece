// swift-tools-version: 6.2
import PackageDescription

// No package dependencies: one-shot commands are called from shell loops, and every call pays at start-up for what the
// product links. That is glibc, libedit (the line editor of the shell) and OpenSSL (TLS), all linked statically.

let floor: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    // Types are looked up by functions, not by reading their mangled names at run time, which would take a third of a
    // one-shot's instructions. Functions have their own sections, so that the linker can put those used at start-up
    // next to each other.
    .unsafeFlags(
        [
            "-Xfrontend", "-disable-concrete-type-metadata-mangled-name-accessors", "-Xfrontend", "-function-sections",
        ], .when(configuration: .release)),
]

/// For the floors whose inner loops run for every command of a load: there is only one thread, so reference counting
/// needs no atomics, and checks for overlapping accesses would take a third of the instructions. Debug builds, and so
/// the tests, do check.
let hot =
    floor + [
        .unsafeFlags(
            ["-enforce-exclusivity=unchecked", "-Xfrontend", "-assume-single-threaded"],
            .when(configuration: .release))
    ]

let package = Package(
    name: "slotline",
    targets: [
        // The floors, lowest first. Each may import only floors below it; `Scripts/lint` and the import check of
        // `.ci/run` enforce this. Clock, RESP, Commands, Routing, Presentation and Options only compute and do no I/O;
        // Terminal knows no commands.
        .target(
            name: "CLibedit",
            linkerSettings: [
                .linkedLibrary("edit"),
                .linkedLibrary("tinfo"),
                .linkedLibrary("bsd", .when(configuration: .release)),
                .linkedLibrary("md", .when(configuration: .release)),
            ]
        ),
        .target(name: "Clock", swiftSettings: floor),
        .target(name: "RESP", swiftSettings: hot),
        .target(name: "Commands", dependencies: ["RESP"], swiftSettings: hot),
        .target(name: "Routing", dependencies: ["Commands", "RESP", "Clock"], swiftSettings: hot),
        .target(name: "Presentation", dependencies: ["Routing", "Commands", "RESP"], swiftSettings: floor),
        // TLS comes from OpenSSL; a plain connection never calls it, and linked statically it costs nothing at
        // start-up.
        .target(
            name: "COpenSSL",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .target(name: "Transport", dependencies: ["RESP", "Clock", "COpenSSL"], swiftSettings: floor),
        .target(
            name: "Engine", dependencies: ["Transport", "Routing", "Commands", "RESP", "Clock"], swiftSettings: hot),
        // Parses the command line; the environment is passed in.
        .target(name: "Options", dependencies: ["Presentation", "Routing", "Commands", "RESP"], swiftSettings: floor),
        // The line editor and all output; it knows no commands.
        .target(name: "Terminal", dependencies: ["Transport", "RESP", "Clock", "CLibedit"], swiftSettings: hot),
        // The modes that look at one node; they see the session as a ToolSession.
        .target(
            name: "Tools",
            dependencies: [
                "Terminal", "Options", "Engine", "Transport", "Presentation", "Routing", "Commands", "RESP", "Clock",
            ], swiftSettings: floor),
        // The throwaway cluster, for the shell and for the tests.
        .target(
            name: "Playground",
            dependencies: ["COpenSSL", "Options", "Engine", "Transport", "Routing", "Commands", "RESP", "Clock"],
            swiftSettings: floor),
        .target(
            name: "Shell",
            dependencies: [
                "Playground", "Tools", "Terminal", "Options", "Engine", "Transport", "Presentation", "Routing",
                "Commands",
                "RESP", "Clock", "CLibedit", "COpenSSL",
            ],
            swiftSettings: hot
        ),
        .executableTarget(
            name: "slotline",
            dependencies: ["Shell"],
            exclude: ["Startup.order"],
            swiftSettings: floor,
            linkerSettings: [
                // The functions and data used at start-up are next to each other: see `Scripts/bench --startup-order`.
                .unsafeFlags(
                    [
                        "-static-executable", "-use-ld=lld", "-Xlinker", "-s", "-Xlinker",
                        "--symbol-ordering-file=\(Context.packageDirectory)/Sources/slotline/Startup.order",
                        "-Xlinker", "--no-warn-symbol-ordering",
                        // See COpenSSL.c.
                        "-Xlinker", "--wrap=OPENSSL_cpuid_setup",
                    ], .when(configuration: .release))
            ]
        ),

        // Servers, scripted nodes, terminals: the outside world of the tests.
        .target(name: "TestSupport", dependencies: ["RESP"], path: "Tests/TestSupport", swiftSettings: floor),
        .testTarget(
            name: "FloorTests", dependencies: ["TestSupport", "Clock", "RESP", "Commands", "Routing", "Presentation"],
            swiftSettings: floor),
        .testTarget(
            name: "EngineTests",
            dependencies: ["TestSupport", "Clock", "RESP", "Commands", "Routing", "Transport", "Engine"],
            swiftSettings: floor),
        .testTarget(
            name: "ShellTests",
            dependencies: [
                "TestSupport", "Clock", "RESP", "Commands", "Routing", "Presentation", "Options", "Engine", "Terminal",
                "Shell",
            ],
            swiftSettings: floor),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "TestSupport", "RESP", "Commands", "Routing", "Presentation", "Engine", "Options", "Playground",
                "slotline",
            ],
            swiftSettings: floor),
        .testTarget(
            name: "CrossSlotTests",
            dependencies: [
                "TestSupport", "RESP", "Commands", "Routing", "Transport", "Engine", "Options", "Playground",
                "slotline",
            ],
            swiftSettings: floor),
        .testTarget(
            name: "TerminalTests", dependencies: ["TestSupport", "RESP", "Options", "slotline"],
            swiftSettings: floor),
    ]
)

// swift-tools-version: 6.2
import PackageDescription

// No package dependencies: a one-shot command is called from shell loops, so what the product links is what every
// call pays for at start-up. It links glibc, libedit (the line editor of the shell) and OpenSSL (TLS), all statically.

let floor: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    // Types are found by functions, not by reading their mangled names at run time: a third of a one-shot's instructions.
    // Functions have sections of their own, so that the linker can put those of a start next to each other.
    .unsafeFlags(
        [
            "-Xfrontend", "-disable-concrete-type-metadata-mangled-name-accessors", "-Xfrontend", "-function-sections",
        ], .when(configuration: .release)),
]

/// For the floors whose inner loops run for every command of a load: there is one thread, so references need no locks to
/// be counted, and a third of the instructions would check that no two accesses overlap. Debug builds, and so the tests,
/// do check.
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
        // `.ci/run` hold them to it. Clock, RESP, Commands, Routing, Presentation and Options compute and
        // never touch the world; Terminal knows no commands.
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
        // TLS is OpenSSL's; a plain connection never calls it, and linked statically it costs nothing at start-up.
        .target(
            name: "COpenSSL",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .target(name: "Transport", dependencies: ["RESP", "Clock", "COpenSSL"], swiftSettings: floor),
        .target(
            name: "Engine", dependencies: ["Transport", "Routing", "Commands", "RESP", "Clock"], swiftSettings: hot),
        // What the command line says; the environment is handed in.
        .target(name: "Options", dependencies: ["Presentation", "Routing", "Commands", "RESP"], swiftSettings: floor),
        // The editor and all that is written; it knows no commands.
        .target(name: "Terminal", dependencies: ["Transport", "RESP", "Clock", "CLibedit"], swiftSettings: hot),
        // The modes that look at one node; of the session they see a ToolSession.
        .target(
            name: "Tools",
            dependencies: [
                "Terminal", "Options", "Engine", "Transport", "Presentation", "Routing", "Commands", "RESP", "Clock",
            ], swiftSettings: floor),
        // The throw-away cluster, for the shell and for the tests.
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
                // The functions and data that a start touches stand next to each other: see `Scripts/bench --startup-order`.
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

        // Servers, scripted nodes, terminals: what the tests need of the world.
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

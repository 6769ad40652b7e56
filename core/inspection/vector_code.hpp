// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Put before a row kernel: compiled once for the processor that every x86-64 has and once for AVX2, and
/// chosen when the program starts. The kernels are plain loops over integers, or over floats without sums, so
/// both give the same bits. Sanitizers instrument the choice itself and cannot bear it.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KTP_PLAIN_KERNELS
#endif
#endif
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(KTP_PLAIN_KERNELS)
#define KTP_ROW_KERNEL __attribute__((target_clones("avx2", "default")))
#else
#define KTP_ROW_KERNEL
#endif

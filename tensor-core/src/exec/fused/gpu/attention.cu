
// ---- attention: a warp a query (or a key, on the way back), tiles of 32 keys (or queries) in shared memory that the warps of
// a block share. The running maximum and sum of "FlashAttention", arXiv:2205.14135.

struct Heads {
    i64 sequences, n, m, heads, kv_heads, head_dim, value_dim, window; // no window: 0
    int causal;
    float scale;
    const float *mask; // [sequences, m], or missing
    // Shares that are dropped: what is below the bound; none if the factor is 0.
    u64 seed, bound;
    float factor;
};

// So many as shared memory has room for.
#define WARPS (blockDim.x / 32)

__device__ int sees(const Heads &h, i64 sequence, i64 query, i64 key) {
    if (h.causal && (key > query || (h.window && key + h.window <= query))) return 0;
    return !h.mask || h.mask[sequence * h.m + key] != 0.0f;
}

// What a share is multiplied with.
__device__ float kept(const Heads &h, i64 sequence, i64 head, i64 query, i64 key) {
    if (h.factor == 0.0f) return 1.0f;
    u64 place = ((sequence * h.heads + head) * h.n + query) * h.m + key;
    return mix(h.seed, place) >> 32 < h.bound ? 0.0f : h.factor;
}

// 32 rows of a head into shared memory, each `pitch` apart; zeros after the last.
__device__ void load_tile(float *tile, i64 pitch, const float *x, i64 row_width, i64 start, i64 dim, i64 first, i64 rows) {
    for (i64 i = threadIdx.x; i < 32 * dim; i += blockDim.x) {
        i64 row = i / dim, column = i % dim;
        tile[row * pitch + column] = first + row < rows ? x[(first + row) * row_width + start + column] : 0.0f;
    }
}

__device__ float dot(const float *a, const float *b, i64 dim) {
    float sum = 0.0f;
    for (i64 i = 0; i < dim; i++) sum += a[i] * b[i];
    return sum;
}

// grid: (blocks of WARPS queries, heads, sequences)
KERNEL attend(Heads h, const float *q, const float *k, const float *v, float *y, float *sums) {
    extern __shared__ float shared[];
    i64 warp = threadIdx.x / 32, query = blockIdx.x * (i64)WARPS + warp, head = blockIdx.y, sequence = blockIdx.z;
    i64 group = head / (h.heads / h.kv_heads), d = h.head_dim, c = h.value_dim;
    float *keys = shared, *values = keys + 32 * (d + 1), *own = values + 32 * (c + 1) + warp * (d + c);
    float *result = own + d;
    const float *q_row = q + (sequence * h.n + query) * h.heads * d + head * d;
    k += sequence * h.m * h.kv_heads * d;
    v += sequence * h.m * h.kv_heads * c;
    int here = query < h.n;
    if (here) {
        for (i64 i = LANE; i < d; i += 32) own[i] = q_row[i] * h.scale;
        for (i64 i = LANE; i < c; i += 32) result[i] = 0.0f;
    }
    float most = -INFINITE, sum = 0.0f;
    i64 last = h.causal ? min(h.m, blockIdx.x * (i64)WARPS + WARPS) : h.m; // no query of the block sees a later key
    for (i64 first = 0; first < last; first += 32) {
        __syncthreads();
        load_tile(keys, d + 1, k, h.kv_heads * d, group * d, d, first, h.m);
        load_tile(values, c + 1, v, h.kv_heads * c, group * c, c, first, h.m);
        __syncthreads();
        if (!here) continue;
        i64 key = first + LANE;
        int seen = key < h.m && sees(h, sequence, query, key);
        float score = seen ? dot(own, keys + LANE * (d + 1), d) : -INFINITE;
        float tile_most = warp_largest(score), new_most = larger(tile_most, most);
        if (new_most == -INFINITE) continue; // nothing was seen yet
        float share = seen ? expf(score - new_most) : 0.0f, shrinks = expf(most - new_most);
        sum = sum * shrinks + warp_sum(share);
        most = new_most;
        if (seen) share *= kept(h, sequence, head, query, key);
        for (i64 i = LANE; i < c + LANE; i += 32) { // all lanes take part in the shuffles
            float x = i < c ? result[i] * shrinks : 0.0f;
            for (int other = 0; other < 32; other++) {
                float weight = __shfl_sync(WARP, share, other);
                if (i < c) x += weight * values[other * (c + 1) + i];
            }
            if (i < c) result[i] = x;
        }
    }
    if (!here) return;
    for (i64 i = LANE; i < c; i += 32) y[(sequence * h.n + query) * h.heads * c + head * c + i] = result[i] / sum;
    if (LANE == 0) sums[(sequence * h.heads + head) * h.n + query] = most + logf(sum);
}

// Σ g·y of each query of each head, by which the way back of softmax goes.
KERNEL attend_along(i64 rows, i64 n, i64 heads, i64 c, float *along, const float *g, const float *y) {
    EACH_ROW(row, rows) { // [sequence, query, head]
        float sum = 0.0f;
        for (i64 i = LANE; i < c; i += 32) sum += g[row * c + i] * y[row * c + i];
        sum = warp_sum(sum);
        i64 head = row % heads, query = row / heads % n, sequence = row / heads / n;
        if (LANE == 0) along[(sequence * heads + head) * n + query] = sum;
    }
}

// The gradient of queries. grid: (blocks of WARPS queries, heads, sequences)
KERNEL attend_back_queries(Heads h, const float *q, const float *k, const float *v, const float *sums, const float *along,
                           const float *g, float *of_q) {
    extern __shared__ float shared[];
    i64 warp = threadIdx.x / 32, query = blockIdx.x * (i64)WARPS + warp, head = blockIdx.y, sequence = blockIdx.z;
    i64 group = head / (h.heads / h.kv_heads), d = h.head_dim, c = h.value_dim;
    float *keys = shared, *values = keys + 32 * (d + 1), *own = values + 32 * (c + 1) + warp * (2 * d + c);
    float *of_y = own + d, *result = of_y + c;
    k += sequence * h.m * h.kv_heads * d;
    v += sequence * h.m * h.kv_heads * c;
    int here = query < h.n;
    i64 at = (sequence * h.heads + head) * h.n + query;
    i64 q_start = (sequence * h.n + query) * h.heads * d + head * d;
    if (here) {
        for (i64 i = LANE; i < d; i += 32) {
            own[i] = q[q_start + i] * h.scale;
            result[i] = 0.0f;
        }
        for (i64 i = LANE; i < c; i += 32) of_y[i] = g[(sequence * h.n + query) * h.heads * c + head * c + i];
    }
    i64 last = h.causal ? min(h.m, blockIdx.x * (i64)WARPS + WARPS) : h.m;
    for (i64 first = 0; first < last; first += 32) {
        __syncthreads();
        load_tile(keys, d + 1, k, h.kv_heads * d, group * d, d, first, h.m);
        load_tile(values, c + 1, v, h.kv_heads * c, group * c, c, first, h.m);
        __syncthreads();
        if (!here) continue;
        i64 key = first + LANE;
        int seen = key < h.m && sees(h, sequence, query, key);
        float of_score = 0.0f;
        if (seen) {
            float share = expf(dot(own, keys + LANE * (d + 1), d) - sums[at]);
            float of_share = dot(of_y, values + LANE * (c + 1), c) * kept(h, sequence, head, query, key);
            of_score = share * (of_share - along[at]) * h.scale;
        }
        for (i64 i = LANE; i < d + LANE; i += 32) {
            float x = i < d ? result[i] : 0.0f;
            for (int other = 0; other < 32; other++) {
                float weight = __shfl_sync(WARP, of_score, other);
                if (i < d) x += weight * keys[other * (d + 1) + i];
            }
            if (i < d) result[i] = x;
        }
    }
    if (here)
        for (i64 i = LANE; i < d; i += 32) of_q[q_start + i] = result[i];
}

// The gradients of keys and values. grid: (blocks of WARPS keys, kv_heads, sequences)
KERNEL attend_back_keys(Heads h, const float *q, const float *k, const float *v, const float *sums, const float *along,
                        const float *g, float *of_k, float *of_v) {
    extern __shared__ float shared[];
    i64 warp = threadIdx.x / 32, key = blockIdx.x * (i64)WARPS + warp, group = blockIdx.y, sequence = blockIdx.z;
    i64 size = h.heads / h.kv_heads, d = h.head_dim, c = h.value_dim;
    float *queries = shared, *of_ys = queries + 32 * (d + 1), *own = of_ys + 32 * (c + 1) + warp * 2 * (d + c);
    float *value = own + d, *key_result = value + c, *value_result = key_result + d;
    q += sequence * h.n * h.heads * d;
    g += sequence * h.n * h.heads * c;
    int here = key < h.m;
    i64 k_start = (sequence * h.m + key) * h.kv_heads * d + group * d;
    i64 v_start = (sequence * h.m + key) * h.kv_heads * c + group * c;
    if (here) {
        for (i64 i = LANE; i < d; i += 32) {
            own[i] = k[k_start + i] * h.scale;
            key_result[i] = 0.0f;
        }
        for (i64 i = LANE; i < c; i += 32) {
            value[i] = v[v_start + i];
            value_result[i] = 0.0f;
        }
    }
    i64 begin = h.causal ? blockIdx.x * (i64)WARPS / 32 * 32 : 0; // no earlier query sees a key of the block
    for (i64 head = group * size; head < (group + 1) * size; head++) {
        for (i64 first = begin; first < h.n; first += 32) {
            __syncthreads();
            load_tile(queries, d + 1, q, h.heads * d, head * d, d, first, h.n);
            load_tile(of_ys, c + 1, g, h.heads * c, head * c, c, first, h.n);
            __syncthreads();
            if (!here) continue;
            i64 query = first + LANE;
            int seen = query < h.n && sees(h, sequence, query, key);
            float of_score = 0.0f, share = 0.0f;
            if (seen) {
                i64 at = (sequence * h.heads + head) * h.n + query;
                float factor = kept(h, sequence, head, query, key);
                share = expf(dot(own, queries + LANE * (d + 1), d) - sums[at]);
                float of_share = dot(value, of_ys + LANE * (c + 1), c) * factor;
                of_score = share * (of_share - along[at]) * h.scale;
                share *= factor;
            }
            for (i64 i = LANE; i < d + LANE; i += 32) {
                float x = i < d ? key_result[i] : 0.0f;
                for (int other = 0; other < 32; other++) {
                    float weight = __shfl_sync(WARP, of_score, other);
                    if (i < d) x += weight * queries[other * (d + 1) + i];
                }
                if (i < d) key_result[i] = x;
            }
            for (i64 i = LANE; i < c + LANE; i += 32) {
                float x = i < c ? value_result[i] : 0.0f;
                for (int other = 0; other < 32; other++) {
                    float weight = __shfl_sync(WARP, share, other);
                    if (i < c) x += weight * of_ys[other * (c + 1) + i];
                }
                if (i < c) value_result[i] = x;
            }
        }
    }
    if (!here) return;
    for (i64 i = LANE; i < d; i += 32) of_k[k_start + i] = key_result[i];
    for (i64 i = LANE; i < c; i += 32) of_v[v_start + i] = value_result[i];
}

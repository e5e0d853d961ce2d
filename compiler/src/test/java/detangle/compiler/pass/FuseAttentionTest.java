package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class FuseAttentionTest {
    private static String attention(String tableOfPositionToContent) {
        return """
            func @f(%q: f32[B,2,S,8], %k: f32[B,2,S,8], %v: f32[B,2,S,8], %pk: f32[2,6,8], %pq: f32[2,6,8], %m: i1[B,1,S,S], %t: i32[2*S-1], %u: i32[2*S-1]) -> (o: f32[B,2,S,8]) {
              %0 = dot %q, %k {rhs_t} : f32[B,2,S,S]
              %1 = dot %q, %pk {rhs_t} : f32[B,2,S,6]
              %2 = toeplitz %t {rows=S, columns=S} : i32[S,S]
              %3 = gather_last %1, %2 : f32[B,2,S,S]
              %4 = add %0, %3 : f32[B,2,S,S]
              %5 = dot %k, %pq {rhs_t} : f32[B,2,S,6]
              %6 = toeplitz TABLE {rows=S, columns=S} : i32[S,S]
              %7 = transpose %6 {perm=[1,0]} : i32[S,S]
              %8 = gather_last %5, %7 : f32[B,2,S,S]
              %9 = transpose %8 {perm=[0,1,3,2]} : f32[B,2,S,S]
              %10 = add %4, %9 : f32[B,2,S,S]
              %11 = constant 0.25 : f32[]
              %12 = mul %10, %11 : f32[B,2,S,S]
              %13 = constant -inf : f32[]
              %14 = select %m, %12, %13 : f32[B,2,S,S]
              %15 = reduce_max %14 {axis=3} : f32[B,2,S,1]
              %16 = sub %14, %15 : f32[B,2,S,S]
              %17 = exp %16 : f32[B,2,S,S]
              %18 = reduce_sum %17 {axis=3} : f32[B,2,S,1]
              %19 = div %17, %18 : f32[B,2,S,S]
              %20 = constant 0 : f32[]
              %21 = select %m, %19, %20 : f32[B,2,S,S]
              %22 = dot %21, %v : f32[B,2,S,8]
              return o = %22
            }
            """.replace("TABLE", tableOfPositionToContent);
    }

    @Test
    void fusesAllTerms() {
        Sketch.becomes(new FuseAttention(), attention("%t"), """
                func @f(%q: f32[B,2,S,8], %k: f32[B,2,S,8], %v: f32[B,2,S,8], %pk: f32[2,6,8], %pq: f32[2,6,8], %m: i1[B,1,S,S], %t: i32[2*S-1], %u: i32[2*S-1]) -> (o: f32[B,2,S,8]) {
                  %0 = transpose %q {perm=[0,2,1,3]} : f32[B,S,2,8]
                  %1 = transpose %k {perm=[0,2,1,3]} : f32[B,S,2,8]
                  %2 = transpose %v {perm=[0,2,1,3]} : f32[B,S,2,8]
                  %3 = disentangled_attention %0, %1, %2, %m, %pk, %pq, %t {terms=[c2c,c2p,p2c], scale=0.25} : f32[B,S,2,8]
                  %4 = transpose %3 {perm=[0,2,1,3]} : f32[B,2,S,8]
                  return o = %4
                }
                """);
    }

    /** One kernel reads one table. */
    @Test
    void termsOverDifferentTablesStay() {
        Sketch.stays(new FuseAttention(), attention("%u"));
    }
}

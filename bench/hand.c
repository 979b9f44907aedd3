/* cc -O3 -march=native -shared -fPIC */

/* What a C programmer writes for one network, with its sizes known: one step of gradient descent on a multilayer
   perceptron with relu (NIN inputs, H1 and perhaps H2 hidden neurons, NOUT scores, BATCH samples), float64.
   The whole batch stands side by side in vectors of the processor's width, so that a weight meets N vectors at once;
   every gradient goes into its parameter as soon as it is there. No library, no block sizes tuned by trial. */

#include <math.h>
#include <string.h>

#if defined __AVX512F__
enum { W = 8 };
#elif defined __AVX__
enum { W = 4 };
#else
enum { W = 2 };
#endif
enum { LANES = (BATCH + 7) / 8 * 8, N = LANES / W, LAST = H2 ? H2 : H1 };
enum { SECOND = H1 * (NIN + 1), THIRD = SECOND + H2 * (H1 + 1), COUNT = THIRD + NOUT * (LAST + 1) };
typedef double V __attribute__((vector_size(8 * W)));
typedef long M __attribute__((vector_size(8 * W)));
typedef V Row[N];
#define EACH for (int l = 0; l < N; l++)
#define INLINE static inline __attribute__((always_inline))

static Row x[NIN], label, h1[H1], h2[H2 + 1], score[NOUT], g1[H1], g2[H2 + 1], g[NOUT];

INLINE double sum(V v) {
  double s = 0;
  for (int k = 0; k < W; k++) s += v[k];
  return s;
}

/* out = w in + b, and relu of that; p holds each neuron's weights, then its bias. */
INLINE void forward(int inputs, int outputs, const double *restrict p, Row *restrict in, Row *restrict out, int relu) {
  for (int j = 0; j < outputs; j++, p += inputs + 1) {
    Row s;
    EACH s[l] = (V){0} + p[inputs];
    for (int i = 0; i < inputs; i++) EACH s[l] += p[i] * in[i][l];
    EACH out[j][l] = relu ? (V)((M)s[l] & (s[l] > 0)) : s[l];
  }
}

/* What arrives at a hidden layer `in`, from what arrived at `out`; 0 where relu cut off. */
INLINE void backward(int inputs, int outputs, const double *restrict p, Row *restrict in, Row *restrict at_out,
                     Row *restrict at_in) {
  for (int i = 0; i < inputs; i++) {
    Row s = {0};
    for (int j = 0; j < outputs; j++) EACH s[l] += p[j * (inputs + 1) + i] * at_out[j][l];
    EACH at_in[i][l] = (V)((M)s[l] & (in[i][l] > 0));
  }
}

/* p -= rate * (gradient of the loss + 2 * penalty * p). */
INLINE void descend(int inputs, int outputs, double *restrict p, Row *restrict in, Row *restrict at_out,
                    double rate, double penalty) {
  for (int j = 0; j < outputs; j++, p += inputs + 1) {
    for (int i = 0; i < inputs; i++) {
      V s = {0};
      EACH s += at_out[j][l] * in[i][l];
      p[i] -= rate * (sum(s) + 2 * penalty * p[i]);
    }
    V s = {0};
    EACH s += at_out[j][l];
    p[inputs] -= rate * (sum(s) + 2 * penalty * p[inputs]);
  }
}

static void scores(const double *p, const double *samples) {
  memcpy(x, samples, sizeof x);
  memcpy(label, samples + NIN * LANES, sizeof label);
  forward(NIN, H1, p, x, h1, 1);
  if (H2) forward(H1, H2, p + SECOND, h1, h2, 1);
  forward(LAST, NOUT, p + THIRD, H2 ? h2 : h1, score, 0);
}

static double squares(const double *p) {
  double s[8] = {0}, all = 0;
  for (int k = 0; k < COUNT; k++) s[k % 8] += p[k] * p[k];
  for (int k = 0; k < 8; k++) all += s[k];
  return all;
}

static void update(double *p, double rate, double penalty) {
  backward(LAST, NOUT, p + THIRD, H2 ? h2 : h1, g, H2 ? g2 : g1);
  descend(LAST, NOUT, p + THIRD, H2 ? h2 : h1, g, rate, penalty);
  if (H2) {
    backward(H1, H2, p + SECOND, h1, g2, g1);
    descend(H1, H2, p + SECOND, h1, g2, rate, penalty);
  }
  descend(NIN, H1, p, x, g1, rate, penalty);
}

/* samples: NIN columns of inputs and one of labels, -1 or +1, each of LANES numbers, 0 where there is no sample.
   Returns the loss before the step. */
double hinge_step(double *p, const double *samples, double rate, double penalty) {
  V loss = {0};
  scores(p, samples);
  EACH {
    const V y = label[l], margin = y * (y - score[0][l]);  /* 1 - y * score, and 0 where there is no sample */
    const M wrong = margin > 0;
    loss += (V)((M)margin & wrong);
    g[0][l] = (V)((M)(y * (-1.0 / BATCH)) & wrong);
  }
  const double before = sum(loss) / BATCH + penalty * squares(p);
  update(p, rate, penalty);
  return before;
}

/* The same with classes from 0 for labels. */
double cross_entropy_step(double *p, const double *samples, double rate, double penalty) {
  double loss = 0;
  scores(p, samples);
  for (int s = 0; s < BATCH; s++) {
    const int right = (int)label[s / W][s % W];
    double e[NOUT], top = -INFINITY, total = 0;
    for (int j = 0; j < NOUT; j++) top = fmax(top, score[j][s / W][s % W]);
    for (int j = 0; j < NOUT; j++) total += e[j] = exp(score[j][s / W][s % W] - top);
    for (int j = 0; j < NOUT; j++) g[j][s / W][s % W] = (e[j] / total - (j == right)) / BATCH;
    loss += log(total) + top - score[right][s / W][s % W];
  }
  loss = loss / BATCH + penalty * squares(p);
  update(p, rate, penalty);
  return loss;
}

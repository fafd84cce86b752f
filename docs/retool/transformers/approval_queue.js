// One row a proposal, in the server's order: the most severe first, then the oldest. Do not sort it anew.
return (data.items ?? []).map((one) => ({
  proposal_id: one.proposal_id,
  what: one.title,
  summary: one.summary,
  severity: ["routine", "notable", "serious", "critical"][one.severity],
  "hours waiting": Math.round(one.age_s / 360) / 10,
  "proposed by": one.proposed_by_name ?? one.proposed_by,
  "if signed": one.consequence,
  "may sign": one.may_sign,
  "why not": one.why_not ?? "",
}));

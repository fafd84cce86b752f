{{- define "countersign.fullname" -}}
{{- if contains "countersign" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-countersign" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "countersign.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "countersign.selector" -}}
app.kubernetes.io/name: countersign
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "countersign.labels" -}}
{{ include "countersign.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "countersign.pod.security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "countersign.container.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What every process is told; nothing of it is secret. */}}
{{- define "countersign.settings" -}}
COUNTERSIGN_ENV: {{ .Values.environment | quote }}
COUNTERSIGN_HOME: /var/lib/countersign
COUNTERSIGN_LOG_LEVEL: {{ .Values.logLevel | quote }}
COUNTERSIGN_PUBLIC_URL: {{ .Values.publicUrl | quote }}
COUNTERSIGN_API_URL: {{ printf "http://%s-api:%v" (include "countersign.fullname" .) .Values.api.service.port | quote }}
COUNTERSIGN_DAGSTER_URL: {{ .Values.dagster.url | quote }}
{{- with .Values.forwardedAllowIps }}
COUNTERSIGN_FORWARDED_ALLOW_IPS: {{ . | quote }}
{{- end }}
COUNTERSIGN_CHECKPOINT_SINK: {{ .Values.objectStore.checkpointSink | default (printf "s3://%s/%s/checkpoints" .Values.objectStore.bucket .Values.objectStore.prefix) | quote }}
COUNTERSIGN_COUNTERSIGN_KEY_FILE: /run/keys/countersign/countersign_key.pem
COUNTERSIGN_SEAL_KEY_FILE: /run/keys/seal/seal_key.pem
COUNTERSIGN_MESSAGES_KEY_FILE: /run/keys/messages/messages_key
S3_BUCKET_NAME: {{ .Values.objectStore.bucket | quote }}
AWS_REGION: {{ .Values.objectStore.region | quote }}
S3_PREFIX: {{ .Values.objectStore.prefix | quote }}
S3_SIGNED_URL_TTL_SECONDS: {{ .Values.objectStore.signedUrlTtlSeconds | quote }}
{{- with .Values.objectStore.endpointUrl }}
S3_ENDPOINT_URL: {{ . | quote }}
{{- end }}
{{- with .Values.oidc.issuer }}
COUNTERSIGN_OIDC_ISSUER: {{ . | quote }}
COUNTERSIGN_OIDC_AUDIENCE: {{ $.Values.oidc.audience | quote }}
COUNTERSIGN_OIDC_CLIENT_ID: {{ $.Values.oidc.clientId | quote }}
COUNTERSIGN_OIDC_TENANT_CLAIM: {{ $.Values.oidc.tenantClaim | quote }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "countersign.places" -}}
- name: home
  mountPath: /var/lib/countersign
- name: tmp
  mountPath: /tmp
{{- end }}

{{- define "countersign.volumes" -}}
- name: home
  emptyDir: {}
- name: tmp
  emptyDir: {}
{{- end }}

{{- define "countersign.key" -}}
- name: {{ .name }}-key
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
{{- end }}
